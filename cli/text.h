// SPDX-License-Identifier: Apache-2.0
// Numbers, times and tables as people read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace freshet {

std::string FormatCount(int64_t count);     // 1,234,567
std::string FormatSeconds(double seconds);  // 850 ms, 12 s, 3 min 5 s, 2 d 4 h
std::string FormatTime(int64_t micros);     // 2013-12-31T23:59:59Z
// The same of a field in which 0 says that it is not there: `-`.
std::string FormatTimeIfAny(int64_t micros);

// RFC 3339, or a date alone (start of the day, UTC), to microseconds.
absl::StatusOr<int64_t> ParseTime(std::string_view text);

// Columns side by side, two blanks between them, numbers to the right.
class Table {
 public:
  explicit Table(std::vector<std::string> header);

  // Requires: as many cells as the header has.
  void Add(std::vector<std::string> row);
  // With a newline after each line. Cells are made Printable.
  std::string ToString() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

// Control characters as \xNN, so that what came from elsewhere cannot drive a
// terminal. The second leaves line ends as they are.
std::string Printable(std::string_view text);
std::string PrintableLines(std::string_view text);

// Columns that UTF-8 text takes, one per code point.
size_t DisplayWidth(std::string_view text);

}  // namespace freshet
