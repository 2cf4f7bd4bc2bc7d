// SPDX-License-Identifier: Apache-2.0
#include "loader/wanted_column.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/error.h"

namespace freshet {
namespace {

constexpr size_t kNearestMax = 3;
constexpr size_t kListedMax = 20;
// Longer names are not compared: the cost is the product of the lengths.
constexpr size_t kComparedLength = 64;

std::string Lower(std::string_view text) {
  std::string lower(text.substr(0, kComparedLength));
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// Levenshtein's distance, in lower case.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t change = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, change});
    }
  }
  return row.back();
}

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

std::string Nearest(std::string_view name,
                    std::span<const std::string> present) {
  const std::string lower = Lower(name);
  std::vector<std::pair<size_t, std::string>> close;
  for (const std::string& candidate : present) {
    const size_t distance = Distance(lower, Lower(candidate));
    if (distance <= std::max<size_t>(1, lower.size() / 3)) {
      close.emplace_back(distance, candidate);
    }
  }
  std::sort(close.begin(), close.end());
  std::vector<std::string> names;
  for (size_t i = 0; i < close.size() && i < kNearestMax; ++i) {
    names.push_back(close[i].second);
  }
  if (names.empty()) return "";
  return fmt::format("; did you mean {}?", Quoted(names));
}

}  // namespace

std::vector<WantedColumn> WantedColumns(const RowSchema& schema,
                                        const BatchSource& source) {
  const auto column_of = [&source](const std::string& name) {
    const auto it = source.columns.find(name);
    return it == source.columns.end() ? name : it->second;
  };
  std::vector<WantedColumn> wanted;
  for (const KeyPart& part : schema.key()) {
    wanted.push_back({column_of(part.name), part.type,
                      fmt::format("join key '{}'", part.name)});
  }
  for (const Column& column : schema.columns()) {
    wanted.push_back({column_of(column.name), column.type,
                      fmt::format("feature '{}'", column.name)});
  }
  if (!source.timestamp_field.empty()) {
    Type timestamp;
    timestamp.kind = Kind::kTimestamp;
    wanted.push_back({source.timestamp_field, timestamp, "timestamp_field"});
  }
  return wanted;
}

absl::Status CheckColumns(std::span<const WantedColumn> wanted,
                          std::span<const std::string> present) {
  for (const WantedColumn& want : wanted) {
    const auto count = std::count(present.begin(), present.end(), want.column);
    if (count == 1) continue;
    if (count > 1) {
      return InvalidArgument("column '{}' ({}) occurs {} times", want.column,
                             want.role, count);
    }
    return NotFound(
        "there is no column '{}' ({}){} the columns are {}; map other names "
        "with source.columns",
        want.column, want.role,
        [&] {
          const std::string nearest = Nearest(want.column, present);
          return nearest.empty() ? std::string(";") : nearest;
        }(),
        Quoted(present));
  }
  return absl::OkStatus();
}

}  // namespace freshet
