// SPDX-License-Identifier: Apache-2.0
#include "ingest/change_log/parked_events.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/status.h"
#include "features/key_codec.h"
#include "storage/change_log/log_record.h"

namespace freshet {
namespace {

// Keys sort by time, then by where the event stands in the log.
std::string KeyOf(int64_t time_micros, uint64_t record, size_t row) {
  std::string key;
  AppendKeyInt64(time_micros, &key);
  AppendKeyInt64(static_cast<int64_t>(record), &key);
  AppendKeyInt64(static_cast<int64_t>(row), &key);
  return key;
}

LoggedEvents OneEvent(const LoggedEvents& events, size_t row) {
  LoggedEvents one{.source = events.source,
                   .arrival_micros = events.arrival_micros,
                   .fields = events.fields};
  one.events.rows = 1;
  one.events.partitions = {events.events.partitions[row]};
  one.events.offsets = {events.events.offsets[row]};
  for (const ValueColumn& column : events.events.fields) {
    ValueColumn& value = one.events.fields.emplace_back();
    value.type = column.type;
    value.Resize(1);
    value.states[0] = column.states[row];
    if (column.states[row] != RowState::kValue) continue;
    switch (StorageOf(column.type.kind)) {
      case Storage::kIntegers:
        value.integers[0] = column.integers[row];
        break;
      case Storage::kReals:
        value.reals[0] = column.reals[row];
        break;
      case Storage::kStrings:
        value.strings[0] = column.strings[row];
        break;
    }
  }
  return one;
}

absl::StatusOr<int64_t> TimeOf(std::string_view key) {
  const KeyPart time[] = {{"time", {.kind = Kind::kInt64}}};
  ASSIGN_OR_RETURN(const std::vector<Value> values,
                   DecodeKey(time, key.substr(0, sizeof(int64_t))));
  return std::get<int64_t>(values[0].v);
}

}  // namespace

ParkedEvents::ParkedEvents(LiveGeneration::Ptr parked)
    : parked_(std::move(parked)) {}

absl::StatusOr<ParkedEvents> ParkedEvents::Open(LiveGeneration::Ptr parked) {
  ParkedEvents events(std::move(parked));
  absl::Status status;
  RETURN_IF_ERROR(
      events.parked_->Scan("", [&](std::string_view key, std::string_view) {
        const auto time = TimeOf(key);
        status = time.status();
        if (time.ok()) events.oldest_micros_ = *time;
        return false;
      }));
  RETURN_IF_ERROR(status);
  return events;
}

void ParkedEvents::Park(const LoggedEvents& events, size_t row, Place place,
                        LiveBatch& batch) {
  const int64_t time_micros = place.time_micros;
  batch.Put(*parked_, KeyOf(time_micros, place.record, row),
            EncodeRecord(OneEvent(events, row)));
  oldest_micros_ = std::min(oldest_micros_.value_or(time_micros), time_micros);
}

absl::Status ParkedEvents::TakeFrom(const ParkedEvents& other,
                                    LiveBatch& batch) {
  absl::Status status;
  RETURN_IF_ERROR(other.parked_->Scan(
      "", [&](std::string_view key, std::string_view value) {
        const auto time_micros = TimeOf(key);
        status = time_micros.status();
        if (!status.ok()) return false;
        batch.Put(*parked_, key, value);
        oldest_micros_ =
            std::min(oldest_micros_.value_or(*time_micros), *time_micros);
        return true;
      }));
  return status;
}

absl::Status ParkedEvents::Release(int64_t before_micros, LiveBatch& batch,
                                   const Visit& visit) {
  oldest_micros_.reset();
  absl::Status status;
  const auto release = [&](std::string_view key,
                           std::string_view value) -> absl::StatusOr<bool> {
    ASSIGN_OR_RETURN(const int64_t time_micros, TimeOf(key));
    if (time_micros >= before_micros) {
      oldest_micros_ = time_micros;
      return false;
    }
    ASSIGN_OR_RETURN(LogRecord record, DecodeRecord(value));
    auto* events = std::get_if<LoggedEvents>(&record);
    if (events == nullptr) return DataLoss("a waiting event is none");
    events->arrival_micros = time_micros + 1;
    visit(std::move(*events));
    batch.Delete(*parked_, key);
    return true;
  };
  RETURN_IF_ERROR(
      parked_->Scan("", [&](std::string_view key, std::string_view value) {
        const auto more = release(key, value);
        status = more.status();
        return more.value_or(false);
      }));
  return status;
}

}  // namespace freshet
