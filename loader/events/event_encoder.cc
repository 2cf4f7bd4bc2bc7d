// SPDX-License-Identifier: Apache-2.0
#include "loader/events/event_encoder.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "absl/memory/memory.h"
#include "base/error.h"
#include "base/status.h"

namespace freshet {
namespace {

// The daemon takes less in one request, unless it is set to take more.
constexpr size_t kRowBytesMax = 16 << 20;

}  // namespace

absl::StatusOr<std::unique_ptr<EventEncoder>> EventEncoder::Create(
    const EventFileOrder& order) {
  std::optional<TimeZone> zone;
  if (!order.zone.empty()) {
    ASSIGN_OR_RETURN(zone, TimeZone::Load(order.zone));
  }
  return absl::WrapUnique(new EventEncoder(order, std::move(zone)));
}

EventEncoder::EventEncoder(const EventFileOrder& order,
                           std::optional<TimeZone> zone)
    : schema_(EventRowSchema(order.fields)),
      zone_(std::move(zone)),
      at_day_(order.at_day),
      writer_(schema_) {
  for (const StreamField& field : order.fields) {
    const bool required =
        std::find(order.required.begin(), order.required.end(), field.name) !=
        order.required.end();
    wanted_.push_back({.column = field.name,
                       .type = field.type,
                       .role = "a field of the source",
                       .optional = !required,
                       .way_out = "name the column as the field"});
  }
}

absl::Status EventEncoder::In(const WantedColumn& want,
                              const absl::Status& status) const {
  return Annotate(status, fmt::format("column '{}' ({})", want.column,
                                      want.type.ToString()));
}

absl::Status EventEncoder::Bind(
    const arrow::Schema& schema,
    const std::function<bool(std::string_view)>& is_text) {
  TimeRules time;
  time.zone = zone_.has_value() ? &*zone_ : nullptr;
  time.at_day = at_day_;
  time.given_by = "--";
  bound_.clear();
  for (const WantedColumn& want : wanted_) {
    bound_.emplace_back();
    if (schema.GetFieldIndex(want.column) < 0) continue;
    absl::StatusOr<BoundColumn> bound =
        BoundColumn::Create(want, schema, is_text(want.column), time);
    if (!bound.ok()) return In(want, bound.status());
    bound_.back() = *std::move(bound);
  }
  return absl::OkStatus();
}

std::string EventEncoder::present() const {
  std::string present;
  for (const auto& column : bound_) present += column.has_value() ? '\1' : '\0';
  return present;
}

void EventEncoder::Attach(std::shared_ptr<arrow::RecordBatch> batch) {
  batch_ = std::move(batch);
  for (auto& column : bound_) {
    if (column.has_value()) column->Attach(*batch_->column(column->field()));
  }
}

absl::StatusOr<std::string_view> EventEncoder::Encode(int64_t i) {
  writer_.Begin(/*event_time_micros=*/0);
  for (size_t c = 0; c < bound_.size(); ++c) {
    if (!bound_[c].has_value()) continue;
    const absl::Status written = bound_[c]->Write(i, c, &writer_);
    if (!written.ok()) return In(wanted_[c], written);
  }
  const std::string_view row = writer_.Finish();
  if (row.size() > kRowBytesMax) {
    return InvalidArgument("the event has {} bytes; at most {} are pushed",
                           row.size(), kRowBytesMax);
  }
  return row;
}

}  // namespace freshet
