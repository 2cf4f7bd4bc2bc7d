// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "config/definitions.h"
#include "config/type.h"
#include "features/row_schema.h"

namespace freshet {

// A column that files must have, or may, and what it is read for.
struct WantedColumn {
  std::string column;  // Its name in the files.
  Type type;
  std::string role;       // For messages: `join key 'carrier'`.
  bool optional = false;  // A file may lack it.
  // What to do where it is called otherwise, for messages.
  std::string_view way_out = "map other names with source.columns";
};

// What the column of a join key, a feature or a field is called in the files of
// a source.
std::string ColumnOf(const BatchSource& source, const std::string& name);

// The join keys in order, then the features in order, then the timestamp field
// and the deleted field if the source has them. Columns may repeat. A name that
// source.columns does not map is written as source.column_case says (of ASCII
// letters).
std::vector<WantedColumn> WantedColumns(const RowSchema& schema,
                                        const BatchSource& source);

// NOT_FOUND for the first wanted column that `present` lacks and that is not
// optional, with the nearest names there are; INVALID_ARGUMENT if a wanted name
// occurs twice in it.
absl::Status CheckColumns(std::span<const WantedColumn> wanted,
                          const std::vector<std::string>& present);

}  // namespace freshet
