// SPDX-License-Identifier: Apache-2.0
// One stored row: docs/format.md, "Row", has every byte.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/value.h"
#include "features/list_codec.h"
#include "features/row_schema.h"

namespace freshet {

inline constexpr uint8_t kRowFormat = 1;
// Of a row that says that its key was deleted: a header and nothing more.
inline constexpr uint8_t kDeletedRowFormat = 2;

class RowView;

// Encodes rows of one schema, one after the other, into a reused buffer.
//
//   writer.Begin(event_time);
//   writer.SetFixed(0, bytes);  writer.SetBytes(1, "abc");  // The rest: NULL.
//   std::string_view row = writer.Finish();
//
// Not thread-safe.
class RowWriter {
 public:
  // `schema` must outlive the writer.
  explicit RowWriter(const RowSchema& schema);
  explicit RowWriter(const RowSchema&& schema) = delete;

  // Starts a row with every feature NULL.
  void Begin(int64_t event_time_micros);

  // Requires: the column is not variable and `bytes` has its slot's width
  // (little-endian, bool one byte; a fixed-length list its floats in a row).
  void SetFixed(size_t column, std::string_view bytes);

  // Requires: the column is a string or bytes. Columns in any order.
  void SetBytes(size_t column, std::string_view bytes);

  // Requires: the column is a list; `payload` comes from ListWriter.
  void SetList(size_t column, std::string_view payload);

  // INVALID_ARGUMENT when the value does not fit the column's type. Slow path.
  absl::Status SetValue(size_t column, const Value& value);

  // As column `from` of another row has it, NULL or not. DATA_LOSS if that
  // cannot be read. Requires: the types are the same.
  absl::Status Copy(const RowView& row, size_t from, size_t column);

  // The row; valid until the next Begin. Requires: its strings and lists come
  // to less than 4 GiB.
  std::string_view Finish();

 private:
  // Requires: the column is variable.
  void SetVariable(size_t column, std::string_view bytes);
  void SetPresent(size_t column);

  const RowSchema& schema_;
  std::string blank_;  // A row with every feature NULL.
  std::string row_;
  std::vector<std::string> variable_;  // By column; capacity is kept.
  std::vector<size_t> variable_columns_;
};

// Reads columns of one row in place. Cheap to make; the bytes must outlive it.
class RowView {
 public:
  // DATA_LOSS if the bytes cannot be a row of `schema` (another length, format
  // or schema id). Offsets of strings are checked when read. `schema` must
  // outlive the view.
  static absl::StatusOr<RowView> Parse(const RowSchema& schema,
                                       std::string_view bytes);

  int64_t event_time_micros() const { return event_time_; }
  bool IsNull(size_t column) const {
    const auto bits =
        static_cast<uint8_t>(bytes_[kRowHeaderBytes + column / 8]);
    return ((bits >> (column % 8)) & 1) != 0;
  }

  // Requires: not variable. For a null the slot's zero bytes.
  std::string_view Fixed(size_t column) const {
    return bytes_.substr(schema_->slot_offset(column),
                         schema_->slot_width(column));
  }
  // Requires: variable. DATA_LOSS if its offsets point outside the row. Empty
  // for a null.
  absl::StatusOr<std::string_view> Variable(size_t column) const;
  // Requires: a list that is not null.
  absl::StatusOr<ListView> List(size_t column) const;

  // As a Value, whatever the type. Slow path.
  absl::StatusOr<Value> Get(size_t column) const;

 private:
  RowView(const RowSchema& schema, std::string_view bytes, int64_t event_time)
      : schema_(&schema), bytes_(bytes), event_time_(event_time) {}

  const RowSchema* schema_;
  std::string_view bytes_;
  int64_t event_time_;
};

// The schema id in a row's header, without knowing the schema.
absl::StatusOr<uint32_t> RowSchemaId(std::string_view bytes);

// The row of a key that was deleted at `event_time_micros`.
std::string DeletedRow(const RowSchema& schema, int64_t event_time_micros);
bool IsDeletedRow(std::string_view bytes);

// Of a row of any schema, also of a deleted one. DATA_LOSS if it is too short.
absl::StatusOr<int64_t> RowEventTime(std::string_view bytes);

}  // namespace freshet
