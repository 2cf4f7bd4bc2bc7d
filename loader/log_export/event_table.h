// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "features/streams/event_codec.h"
#include "storage/protocol/export_protocol.h"

namespace arrow {
class ArrayBuilder;
class MemoryPool;
class Schema;
class Table;
}  // namespace arrow

namespace freshet {

// Events of one source as rows of an Arrow table: a column for each field, and
// `freshet_...` ones for what Freshet knows of an event besides
// (docs/streaming.md, "Events as Parquet"). Not thread-safe.
class EventTable {
 public:
  // Of the fields of `logged`. The pool outlives it.
  static absl::StatusOr<EventTable> Make(const LoggedEvents& logged,
                                         const ExportedSource& source,
                                         arrow::MemoryPool* pool);
  EventTable(EventTable&& other) noexcept;
  EventTable& operator=(EventTable&&) = delete;
  ~EventTable();

  bool Has(const std::vector<StreamField>& fields) const {
    return fields == fields_;
  }
  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }

  // Of the record of this number. Requires: Has(logged.fields).
  absl::Status Add(const LoggedEvents& logged, size_t row, uint64_t record);
  // About what the rows take that were not taken.
  int64_t bytes() const { return bytes_; }
  absl::StatusOr<std::shared_ptr<arrow::Table>> Take();

 private:
  EventTable() = default;

  absl::Status AddField(const LoggedEvents& logged, size_t field, size_t row);
  absl::Status AddOrigin(const LoggedEvents& logged, size_t row,
                         uint64_t record);

  std::vector<StreamField> fields_;
  std::optional<size_t> timestamp_;  // Among the fields.
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<std::unique_ptr<arrow::ArrayBuilder>> builders_;
  int64_t bytes_ = 0;
};

}  // namespace freshet
