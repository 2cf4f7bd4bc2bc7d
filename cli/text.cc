// SPDX-License-Identifier: Apache-2.0
#include "cli/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "base/error.h"
#include "base/status.h"
#include "config/value.h"

namespace freshet {
namespace {

const Type kTimestampType{.kind = Kind::kTimestamp};

void AppendPrintable(char c, std::string& out) {
  const auto byte = static_cast<unsigned char>(c);
  if (byte < 0x20 || byte == 0x7f) {
    out += fmt::format("\\x{:02x}", byte);
  } else {
    out += c;
  }
}

bool LooksNumeric(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("0123456789+-.,e%") == std::string_view::npos;
}

std::string_view Unit(int64_t n, std::string_view one, std::string_view many) {
  return n == 1 ? one : many;
}

}  // namespace

std::string FormatCount(int64_t count) {
  std::string digits = fmt::format("{}", count);
  const size_t first = count < 0 ? 1 : 0;
  for (size_t at = digits.size(); at > first + 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

std::string FormatSeconds(double seconds) {
  if (seconds < 0) return "-" + FormatSeconds(-seconds);
  if (seconds < 1) return fmt::format("{:.0f} ms", seconds * 1000);
  if (seconds < 10) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<int64_t>(std::llround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  if (whole < 86400) {
    return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
  }
  return fmt::format("{} {} {} h", whole / 86400,
                     Unit(whole / 86400, "day", "days"), whole % 86400 / 3600);
}

std::string FormatTime(int64_t micros) {
  return FormatValue(kTimestampType, Value(micros));
}

std::string FormatTimeIfAny(int64_t micros) {
  return micros == 0 ? "-" : FormatTime(micros);
}

absl::StatusOr<int64_t> ParseTime(std::string_view text) {
  std::string whole(text);
  if (text.size() == 10) whole += "T00:00:00Z";
  const absl::StatusOr<Value> value = ParseValue(kTimestampType, whole);
  if (!value.ok() || value->IsNull()) {
    return InvalidArgument(
        "'{}' is no time: want 2013-12-31 or 2013-12-31T23:59:59Z", text);
  }
  return std::get<int64_t>(value->v);
}

std::string Printable(std::string_view text) {
  std::string out;
  for (const char c : text) AppendPrintable(c, out);
  return out;
}

std::string PrintableLines(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += c;
    } else {
      AppendPrintable(c, out);
    }
  }
  return out;
}

size_t DisplayWidth(std::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(),
      [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

Table::Table(std::vector<std::string> header) {
  rows_.push_back(std::move(header));
}

void Table::Add(std::vector<std::string> row) {
  CHECK(row.size() == rows_[0].size());
  for (std::string& cell : row) cell = Printable(cell);
  rows_.push_back(std::move(row));
}

std::string Table::ToString() const {
  const size_t columns = rows_[0].size();
  std::vector<size_t> width(columns, 0);
  std::vector<bool> numeric(columns, rows_.size() > 1);
  for (size_t r = 0; r < rows_.size(); ++r) {
    for (size_t c = 0; c < columns; ++c) {
      const std::string& cell = rows_[r][c];
      width[c] = std::max(width[c], DisplayWidth(cell));
      if (r > 0 && cell != "-" && !LooksNumeric(cell)) numeric[c] = false;
    }
  }
  std::string out;
  for (const auto& row : rows_) {
    std::string line;
    for (size_t c = 0; c < columns; ++c) {
      const std::string pad(width[c] - DisplayWidth(row[c]), ' ');
      line += numeric[c] ? pad + row[c] : row[c] + pad;
      if (c + 1 < columns) line += "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

}  // namespace freshet
