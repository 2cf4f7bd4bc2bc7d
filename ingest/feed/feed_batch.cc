// SPDX-License-Identifier: Apache-2.0
#include "ingest/feed/feed_batch.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "base/error.h"
#include "base/status.h"
#include "config/timestamp.h"
#include "config/utf8.h"
#include "storage/change_log/change_log.h"

namespace freshet {
namespace {

constexpr size_t kRowsMax = 10'000;
// Both together, and what a varint takes for each number, are less than a
// record of the change log has room for.
constexpr int64_t kTextBytesMax = 4 << 20;
constexpr size_t kRowsBytesMax = 4 << 20;
static_assert(kTextBytesMax + int64_t{FeedBatch::kValueBytesMax} +
                  int64_t{kRowsBytesMax} <
              ChangeLog::kRecordBytesMax);
constexpr size_t kNumberBytesMax = 10;

constexpr size_t kErrorBytesMax = 1'024;

size_t TimeField(const StreamSource& source) {
  const auto found = std::find_if(
      source.fields.begin(), source.fields.end(),
      [&](const StreamField& f) { return f.name == source.timestamp_field; });
  CHECK(found != source.fields.end());
  return static_cast<size_t>(found - source.fields.begin());
}

}  // namespace

FeedBatch::FeedBatch(const StreamSource& source, EventFormat& format)
    : source_(source),
      time_field_(TimeField(source)),
      rows_max_(std::clamp<size_t>(
          kRowsBytesMax / (kNumberBytesMax * (source.fields.size() + 2)), 1,
          kRowsMax)),
      format_(format),
      origin_(source),
      rows_(source.fields) {
  CHECK(source.topics() != nullptr);
}

// Ties of time go by it, in training as here, so it is a function of the topic
// alone where there are several: the order in which they are defined may
// change.
int32_t FeedBatch::PartitionNumber(const KafkaRecord& record) const {
  if (source_.topics()->topics.size() == 1) return record.partition;
  return PartitionAmongTopics(record.topic, record.partition);
}

bool FeedBatch::full() const {
  return rows_.size() >= rows_max_ || rows_.text_bytes() >= kTextBytesMax;
}

// Of an event that was begun. False: the record says nothing.
absl::StatusOr<bool> FeedBatch::Read(const KafkaRecord& record,
                                     int64_t now_micros,
                                     DeadLetterReason& reason) {
  const int64_t text_before = rows_.text_bytes();
  absl::StatusOr<bool> read = format_.Read(*record.value, rows_);
  if (read.ok() && *read) {
    if (absl::Status of = origin_.Read(record, rows_); !of.ok()) read = of;
  }
  if (!read.ok()) {
    reason = absl::IsFailedPrecondition(read.status())
                 ? DeadLetterReason::kWrongType
                 : DeadLetterReason::kMalformed;
    return read;
  }
  if (!*read) return false;
  // Of a key and headers besides; and what is short in a value may be long.
  const int64_t text_bytes = rows_.text_bytes() - text_before;
  if (text_bytes > int64_t{kValueBytesMax}) {
    reason = DeadLetterReason::kTooLong;
    return InvalidArgument("its fields have {} bytes; at most {} are read",
                           text_bytes, kValueBytesMax);
  }
  const ValueColumn& times = rows_.batch().fields[time_field_];
  if (times.states.back() != RowState::kValue) {
    reason = DeadLetterReason::kNoTime;
    return InvalidArgument("field '{}' is null", source_.timestamp_field);
  }
  const int64_t time_micros = times.integers.back();
  if (!source_.push_log &&
      time_micros > now_micros + source_.max_future_skew_micros) {
    reason = DeadLetterReason::kFuture;
    return InvalidArgument(
        "field '{}' is {}, and now is {}", source_.timestamp_field,
        FormatTimestamp(time_micros), FormatTimestamp(now_micros));
  }
  newest_micros_ = std::max(newest_micros_.value_or(time_micros), time_micros);
  return true;
}

absl::StatusOr<std::optional<DeadLetter>> FeedBatch::Add(
    const KafkaRecord& record, int64_t now_micros) {
  CHECK(!full());
  DeadLetter letter{.topic = record.topic,
                    .partition = record.partition,
                    .offset = record.offset,
                    .at_micros = now_micros};
  if (!record.value) {
    // It lets a compacted topic forget the key: what there was to be said, the
    // deletion before it said.
    if (source_.topics()->envelope == RecordEnvelope::kDebezium) {
      return std::nullopt;
    }
    letter.reason = DeadLetterReason::kTombstone;
    letter.error = "it has no value";
    return letter;
  }
  if (record.value->size() > kValueBytesMax) {
    letter.reason = DeadLetterReason::kTooLong;
    letter.error = fmt::format("it has {} bytes; at most {} are read",
                               record.value->size(), kValueBytesMax);
    return letter;
  }
  rows_.Begin(PartitionNumber(record), record.offset);
  const absl::StatusOr<bool> read = Read(record, now_micros, letter.reason);
  if (read.ok() && *read) {
    if (record.timestamp_type != KafkaTime::kNone) {
      produced_micros_.push_back(record.timestamp_micros);
    }
    return std::nullopt;
  }
  rows_.Drop();
  if (read.ok()) return std::nullopt;
  if (absl::IsUnavailable(read.status())) return read.status();
  // It may name what is as long as a schema.
  letter.error =
      Shortened(std::string(read.status().message()), kErrorBytesMax);
  return letter;
}

void FeedBatch::Advance(PartitionPosition position) {
  positions_[{position.topic, position.partition}] = std::move(position);
}

void FeedBatch::ForEachPosition(
    const std::function<void(const PartitionPosition&)>& visit) const {
  for (const auto& [partition, position] : positions_) visit(position);
}

void FeedBatch::ObserveDelays(int64_t now_micros, FeedDelays& delays) const {
  for (const int64_t micros : rows_.batch().fields[time_field_].integers) {
    delays.happened.Observe(DelaySince(micros, now_micros));
  }
  for (const int64_t micros : produced_micros_) {
    delays.produced.Observe(DelaySince(micros, now_micros));
  }
}

LoggedEvents FeedBatch::ToLog() const {
  LoggedEvents logged{.source = source_.name,
                      .fields = source_.fields,
                      .events = rows_.batch()};
  for (const auto& [partition, position] : positions_) {
    logged.positions.push_back(position);
  }
  return logged;
}

void FeedBatch::Clear() {
  rows_.Clear();
  positions_.clear();
  produced_micros_.clear();
  newest_micros_.reset();
}

}  // namespace freshet
