// SPDX-License-Identifier: Apache-2.0
#include "loader/wanted_column.h"

#include <fmt/format.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "base/error.h"
#include "config/parse.h"

namespace freshet {
namespace {

constexpr size_t kNearestMax = 3;
constexpr size_t kListedMax = 20;
std::string Quoted(std::span<const std::string> names) {
  std::string text;
  for (size_t i = 0; i < names.size() && i < kListedMax; ++i) {
    text += fmt::format("{}'{}'", i == 0 ? "" : ", ", names[i].substr(0, 64));
  }
  if (names.size() > kListedMax) {
    text += fmt::format(" and {} more", names.size() - kListedMax);
  }
  return text.empty() ? "none" : text;
}

std::string InCase(const std::string& name, ColumnCase column_case) {
  switch (column_case) {
    case ColumnCase::kUpper:
      return absl::AsciiStrToUpper(name);
    case ColumnCase::kLower:
      return absl::AsciiStrToLower(name);
    case ColumnCase::kAsIs:
      break;
  }
  return name;
}

// ` did you mean ...?`, or nothing.
std::string Suggestion(std::string_view name,
                       const std::vector<std::string>& present) {
  const std::vector<std::string> nearest =
      NearestNames(name, present, kNearestMax);
  if (nearest.empty()) return "";
  return fmt::format(" did you mean {}?", Quoted(nearest));
}

}  // namespace

std::string ColumnOf(const BatchSource& source, const std::string& name) {
  const auto mapped = source.columns.find(name);
  return mapped == source.columns.end() ? InCase(name, source.column_case)
                                        : mapped->second;
}

std::vector<WantedColumn> WantedColumns(const RowSchema& schema,
                                        const BatchSource& source) {
  std::vector<WantedColumn> wanted;
  for (const KeyPart& part : schema.key()) {
    wanted.push_back({ColumnOf(source, part.name), part.type,
                      fmt::format("join key '{}'", part.name)});
  }
  for (const Column& column : schema.columns()) {
    wanted.push_back({ColumnOf(source, column.name), column.type,
                      fmt::format("feature '{}'", column.name)});
  }
  if (!source.timestamp_field.empty()) {
    Type timestamp;
    timestamp.kind = Kind::kTimestamp;
    wanted.push_back({source.timestamp_field, timestamp, "timestamp_field"});
  }
  if (!source.deleted_field.empty()) {
    Type flag;
    flag.kind = Kind::kBool;
    wanted.push_back({source.deleted_field, flag, "deleted_field"});
  }
  return wanted;
}

absl::Status CheckColumns(std::span<const WantedColumn> wanted,
                          const std::vector<std::string>& present) {
  for (const WantedColumn& want : wanted) {
    const auto count = std::count(present.begin(), present.end(), want.column);
    if (count == 1 || (count == 0 && want.optional)) continue;
    if (count > 1) {
      return InvalidArgument("column '{}' ({}) occurs {} times", want.column,
                             want.role, count);
    }
    return NotFound("there is no column '{}' ({});{} the columns are {}; {}",
                    want.column, want.role, Suggestion(want.column, present),
                    Quoted(present), want.way_out);
  }
  return absl::OkStatus();
}

}  // namespace freshet
