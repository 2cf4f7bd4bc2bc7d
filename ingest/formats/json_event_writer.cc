// SPDX-License-Identifier: Apache-2.0
#include "ingest/formats/json_event_writer.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/check.h"
#include "base/error.h"
#include "base/status.h"
#include "config/timestamp.h"
#include "config/utf8.h"
#include "config/value.h"

namespace freshet {
namespace {

std::string Quoted(std::string_view text) {
  return nlohmann::json(text).dump();
}

void AppendReal(double value, std::string* out) {
  if (std::isnan(value)) {
    *out += "\"NaN\"";
  } else if (std::isinf(value)) {
    *out += value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  } else {
    char digits[32];
    const auto [end, error] =
        std::to_chars(digits, digits + sizeof(digits), value);
    CHECK(error == std::errc());
    out->append(digits, end);
  }
}

void AppendBytes(std::string_view bytes, std::string* out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  *out += "\"0x";
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    out->push_back(kDigits[value >> 4]);
    out->push_back(kDigits[value & 0xf]);
  }
  out->push_back('"');
}

// Of a row that has one.
void AppendValue(const ValueColumn& column, size_t row, std::string* out) {
  switch (column.type.kind) {
    case Kind::kBool:
      *out += column.integers[row] != 0 ? "true" : "false";
      return;
    case Kind::kInt32:
    case Kind::kInt64:
      fmt::format_to(std::back_inserter(*out), "{}", column.integers[row]);
      return;
    case Kind::kFloat:
    case Kind::kDouble:
      return AppendReal(column.reals[row], out);
    case Kind::kString:
      *out += Quoted(column.strings[row]);
      return;
    case Kind::kBytes:
      return AppendBytes(column.strings[row], out);
    case Kind::kTimestamp:
      *out += '"' + FormatTimestamp(column.integers[row]) + '"';
      return;
    case Kind::kDecimal:
      *out += '"' + FormatValue(column.type, Value(column.integers[row])) + '"';
      return;
  }
}

}  // namespace

JsonEventWriter::JsonEventWriter(const std::vector<StreamField>& fields) {
  for (const StreamField& field : fields) {
    members_.push_back(Quoted(field.name) + ":");
  }
}

absl::Status JsonEventWriter::Append(const EventBatch& events, size_t row,
                                     std::string* out) const {
  CHECK(events.fields.size() == members_.size());
  char before = '{';
  for (size_t field = 0; field < members_.size(); ++field) {
    if (IsAbsent(events, field, row)) continue;
    const ValueColumn& column = events.fields[field];
    const bool has_value = column.states[row] == RowState::kValue;
    if (has_value && column.type.kind == Kind::kString &&
        ValidUtf8Prefix(column.strings[row]) != column.strings[row].size()) {
      return InvalidArgument(
          "field {} of row {} is not UTF-8",
          members_[field].substr(0, members_[field].size() - 1), row);
    }
    out->push_back(before);
    before = ',';
    *out += members_[field];
    if (has_value) {
      AppendValue(column, row, out);
    } else {
      *out += "null";
    }
  }
  if (before == '{') out->push_back('{');
  out->push_back('}');
  return absl::OkStatus();
}

}  // namespace freshet
