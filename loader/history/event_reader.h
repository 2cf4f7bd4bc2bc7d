// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/definitions.h"
#include "features/streams/event_rows.h"
#include "loader/rows/bound_column.h"
#include "loader/wanted_column.h"

namespace arrow {
class RecordBatch;
class Schema;
}  // namespace arrow

namespace freshet {

// Reads rows of Arrow batches as events of a stream source, by what snapshots
// are converted by. Used as RowEncoder is. Not thread-safe.
class EventReader {
 public:
  // `fields`: indexes of the source's that are read; the others are null.
  // `files`: how their columns are called and read. INVALID_ARGUMENT if the
  // machine does not know its zone. All must outlive the reader.
  static absl::StatusOr<std::unique_ptr<EventReader>> Create(
      const StreamSource& source, const std::set<size_t>& fields,
      const BatchSource& files);

  std::span<const WantedColumn> wanted() const { return wanted_; }
  // As that of RowEncoder.
  absl::Status Bind(const arrow::Schema& schema,
                    const std::function<bool(std::string_view)>& is_text);
  // Requires: the batch has the schema that was bound.
  void Attach(std::shared_ptr<arrow::RecordBatch> batch);

  // Adds the event of a row to `events`, where it stands at `offset`. Errors
  // name the column, not file and row.
  absl::Status Read(int64_t row, int64_t offset, EventRows& events);

 private:
  EventReader(const StreamSource& source, const std::set<size_t>& fields,
              const BatchSource& files);

  const BatchSource& files_;
  std::vector<size_t> fields_;
  std::vector<WantedColumn> wanted_;  // As fields_.
  std::optional<TimeZone> zone_;
  std::vector<BoundColumn> bound_;  // As fields_.
  std::shared_ptr<arrow::RecordBatch> batch_;
  Slot slot_;
};

}  // namespace freshet
