// SPDX-License-Identifier: Apache-2.0
#include "features/expressions/syntax/type_name.h"

#include <string>
#include <utility>

#include "base/error.h"
#include "base/status.h"

namespace freshet {
namespace {

constexpr std::pair<std::string_view, std::string_view> kSqlNames[] = {
    {"boolean", "bool"}, {"int", "int32"},      {"integer", "int32"},
    {"bigint", "int64"}, {"real", "float"},     {"varchar", "string"},
    {"text", "string"},  {"numeric", "decimal"}};

}  // namespace

absl::StatusOr<Type> ParseTypeName(std::string_view text) {
  std::string name(text);
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  const size_t end = std::min(name.find('('), name.size());
  for (const auto& [sql, ours] : kSqlNames) {
    if (std::string_view(name).substr(0, end) == sql) {
      name = std::string(ours) + name.substr(end);
      break;
    }
  }
  const auto type = Type::Parse(name);
  if (type.ok() && !type->list && type->fixed_length == 0) return *type;
  return InvalidArgument(
      "'{}' is not a type here; there are bool, int32 (int), int64 (bigint), "
      "float (real), double, decimal(precision, scale), string (varchar), "
      "bytes and timestamp",
      text);
}

}  // namespace freshet
