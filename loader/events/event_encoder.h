// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "features/event_files/event_file_order.h"
#include "features/row_codec.h"
#include "loader/rows/bound_column.h"
#include "loader/wanted_column.h"

namespace arrow {
class RecordBatch;
class Schema;
}  // namespace arrow

namespace freshet {

// Turns rows of Arrow batches into events, as rows of EventRowSchema, by what
// snapshots are converted by. Used as RowEncoder is. Not thread-safe.
class EventEncoder {
 public:
  // INVALID_ARGUMENT if the machine does not know the order's zone.
  static absl::StatusOr<std::unique_ptr<EventEncoder>> Create(
      const EventFileOrder& order);

  // The fields' columns; those that the order does not require are optional.
  std::span<const WantedColumn> wanted() const { return wanted_; }

  // As that of RowEncoder.
  absl::Status Bind(const arrow::Schema& schema,
                    const std::function<bool(std::string_view)>& is_text);
  // Of the file that was bound, by field: 1 if it has a column for it.
  std::string present() const;
  // Requires: the batch has the schema that was bound.
  void Attach(std::shared_ptr<arrow::RecordBatch> batch);
  // Valid until the next. Errors name the column, not file and row.
  absl::StatusOr<std::string_view> Encode(int64_t i);

 private:
  EventEncoder(const EventFileOrder& order, std::optional<TimeZone> zone);
  absl::Status In(const WantedColumn& want, const absl::Status& status) const;

  const RowSchema schema_;
  const std::optional<TimeZone> zone_;
  const DayPoint at_day_;
  std::vector<WantedColumn> wanted_;
  std::vector<std::optional<BoundColumn>> bound_;  // As wanted_.
  std::shared_ptr<arrow::RecordBatch> batch_;
  RowWriter writer_;
};

}  // namespace freshet
