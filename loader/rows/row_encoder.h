// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/definitions.h"
#include "features/row_schema.h"
#include "loader/rows/moment.h"
#include "loader/wanted_column.h"

namespace arrow {
class RecordBatch;
class Schema;
}  // namespace arrow

namespace freshet {

struct RowEncoderOptions {
  int64_t event_time_micros = 0;  // Of every row, without a timestamp field.
  int64_t row_bytes_max = 0;
};

// Turns rows of Arrow batches into keys and rows as they are stored.
//
//   encoder->Bind(schema, is_text);       // Once per file: checks the types.
//   encoder->Attach(batch);               // Once per batch.
//   encoder->Encode(i);                   // Then key(), row(), event time.
//
// Errors name column and role, not file and row: the caller knows those.
// Not thread-safe.
class RowEncoder {
 public:
  // `schema` and `source` must outlive the encoder.
  static absl::StatusOr<std::unique_ptr<RowEncoder>> Create(
      const RowSchema& schema, const BatchSource& source,
      const RowEncoderOptions& options);
  ~RowEncoder();

  std::span<const WantedColumn> wanted() const;

  // `is_text`: whether a column holds text (as in CSV, JSON Lines) that is
  // parsed here.
  // Requires: `schema` has every wanted column once.
  absl::Status Bind(const arrow::Schema& schema,
                    const std::function<bool(std::string_view)>& is_text);

  // Requires: the batch has the schema that was bound.
  void Attach(std::shared_ptr<arrow::RecordBatch> batch);

  absl::Status Encode(int64_t i);

  // Of the row that was encoded last; valid until the next.
  std::string_view key() const;
  std::string_view row() const;
  Moment event_time() const;

 private:
  struct Parts;
  explicit RowEncoder(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace freshet
