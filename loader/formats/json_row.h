// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "loader/formats/text_columns.h"

namespace freshet {

// Reads one JSON object after the other into text columns. Strict about kinds:
// a number is not a string and 1.0 is not an integer. The names NaN, Infinity
// and -Infinity are read from strings for float and double. A field that is not
// there is null; fields that are not wanted are skipped, whatever they hold.
// Not thread-safe.
class JsonRow {
 public:
  struct Limits {
    int64_t columns_max = 4096;
    int64_t depth_max = 32;
  };

  // Both must outlive this object. `names`: every field name that occurs.
  JsonRow(TextColumns& columns, std::set<std::string>& names, Limits limits);

  // Appends one row. After an error the columns are of no use.
  absl::Status Append(std::string_view line);

 private:
  class Events;

  TextColumns& columns_;
  std::set<std::string>& names_;
  const Limits limits_;
  std::unordered_map<std::string, size_t> by_name_;
  std::vector<bool> present_;  // In the row at hand.
};

}  // namespace freshet
