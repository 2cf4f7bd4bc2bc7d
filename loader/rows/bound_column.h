// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "features/row_codec.h"
#include "loader/rows/column_cursor.h"
#include "loader/rows/slot.h"
#include "loader/rows/time_zone.h"
#include "loader/rows/value_reader.h"
#include "loader/wanted_column.h"

namespace arrow {
class Schema;
}

namespace freshet {

// A wanted column, found in a file and read by that file's type. Not
// thread-safe.
class BoundColumn {
 public:
  // `schema`: of the file's batches; it has the column. `text`: whether it is
  // text that is parsed here. INVALID_ARGUMENT if the type is not loaded as
  // wanted.
  static absl::StatusOr<BoundColumn> Create(const WantedColumn& want,
                                            const arrow::Schema& schema,
                                            bool text, const TimeRules& time);

  int field() const { return field_; }
  void Attach(const arrow::Array& array);

  // The scalar of a row; `slot->bytes` until the next read. false: null.
  absl::StatusOr<bool> ReadScalar(int64_t row, Slot* slot) const;

  // Puts the value of a row into `column` of the row being written.
  absl::Status Write(int64_t row, size_t column, RowWriter* writer);

 private:
  BoundColumn(const WantedColumn& want, int field)
      : type_(want.type), field_(field), list_writer_(want.type.kind) {}

  absl::Status ReadAt(const ColumnCursor& cursor, int64_t at, Slot* slot) const;
  absl::Status WriteList(int64_t row, size_t column, RowWriter* writer);
  absl::Status WriteVector(ListCursor::Span span, size_t column,
                           RowWriter* writer);

  Type type_;
  int field_ = 0;
  bool text_ = false;
  bool from_list_ = false;  // The file's column is a list.
  TimeRules time_;
  std::optional<ValueReader> reader_;  // Not for text.
  ColumnCursor scalars_;
  ListCursor lists_;
  Slot slot_;
  ListWriter list_writer_;
  std::string vector_;
};

}  // namespace freshet
