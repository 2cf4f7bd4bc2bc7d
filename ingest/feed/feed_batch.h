// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "config/streams/stream_view.h"
#include "features/streams/event_codec.h"
#include "features/streams/event_rows.h"
#include "ingest/feed/dead_letters.h"
#include "ingest/feed/delays.h"
#include "ingest/feed/record_origin.h"
#include "ingest/formats/event_format.h"
#include "ingest/kafka/kafka_record.h"

namespace freshet {

struct FeedDelays {
  DelayHistogram happened;
  DelayHistogram produced;
};

// Records of a source's topics, as the events that one record of the change log
// takes with how far they reach. Not thread-safe.
class FeedBatch {
 public:
  // A record whose value is longer is no event.
  static constexpr size_t kValueBytesMax = 4 << 20;

  // `format` reads the records, and outlives the batch. Requires: the source
  // has topics.
  FeedBatch(const StreamSource& source, EventFormat& format);

  // Nullopt if it is an event of the batch, or says nothing, as what a database
  // writes behind a deletion; else why it is no event. `now_micros`: what is
  // further ahead of it than the source allows is none, but for a push log,
  // where it was looked at by the clock of who took it. UNAVAILABLE if it
  // cannot be told now, and is to be added again. Requires: not full().
  absl::StatusOr<std::optional<DeadLetter>> Add(const KafkaRecord& record,
                                                int64_t now_micros);
  // How far a partition has been read with what was added.
  void Advance(PartitionPosition position);
  void ForEachPosition(
      const std::function<void(const PartitionPosition&)>& visit) const;
  // What it took until now for its events to be served: since they happened,
  // and since their records were written.
  void ObserveDelays(int64_t now_micros, FeedDelays& delays) const;

  bool empty() const { return positions_.empty(); }
  // Another record might be too much.
  bool full() const;
  size_t events() const { return rows_.size(); }
  // The greatest event time; nullopt: there is no event.
  std::optional<int64_t> newest_micros() const { return newest_micros_; }

  // A copy whose strings are this batch's.
  LoggedEvents ToLog() const;
  void Clear();

 private:
  absl::StatusOr<bool> Read(const KafkaRecord& record, int64_t now_micros,
                            DeadLetterReason& reason);
  int32_t PartitionNumber(const KafkaRecord& record) const;

  const StreamSource source_;
  size_t time_field_ = 0;
  size_t rows_max_ = 0;
  EventFormat& format_;
  RecordOrigin origin_;
  EventRows rows_;
  std::map<std::pair<std::string, int32_t>, PartitionPosition> positions_;
  std::vector<int64_t> produced_micros_;  // Of events, as far as it is known.
  std::optional<int64_t> newest_micros_;
};

}  // namespace freshet
