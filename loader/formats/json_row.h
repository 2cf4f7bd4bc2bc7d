// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "loader/field_names.h"
#include "loader/formats/text_columns.h"

namespace freshet {

// Reads one JSON object after the other into text columns. Strict about kinds:
// a number is not a string and 1.0 is not an integer. The names NaN, Infinity
// and -Infinity are read from strings for float and double. A field that is not
// there is null; fields that are not wanted are skipped, whatever they hold.
// Not thread-safe.
class JsonRow {
 public:
  // Both must outlive this object. `names`: is told every field name that
  // occurs. `depth_max`: of nested values.
  JsonRow(TextColumns& columns, FieldNames& names, int64_t depth_max);

  // Appends one row. After an error the columns are of no use.
  absl::Status Append(std::string_view line);

 private:
  class Events;

  TextColumns& columns_;
  FieldNames& names_;
  const int64_t depth_max_;
  std::unordered_map<std::string, size_t> by_name_;
  std::vector<bool> present_;  // In the row at hand.
};

}  // namespace freshet
