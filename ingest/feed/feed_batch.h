// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/streams/stream_view.h"
#include "features/streams/event_codec.h"
#include "features/streams/event_rows.h"
#include "ingest/feed/dead_letters.h"
#include "ingest/formats/json_events.h"
#include "ingest/kafka/kafka_record.h"

namespace freshet {

// Records of a source's topics, as the events that one record of the change log
// takes with how far they reach. Not thread-safe.
class FeedBatch {
 public:
  // Requires: the source has topics.
  explicit FeedBatch(const StreamSource& source);

  // Nullopt if it is an event of the batch; else why it is none. `now_micros`:
  // what is further ahead of it than the source allows is none. Requires: not
  // full().
  std::optional<DeadLetter> Add(const KafkaRecord& record, int64_t now_micros);
  // How far a partition has been read with what was added.
  void Advance(PartitionPosition position);

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
  absl::Status Read(const KafkaRecord& record, int64_t now_micros,
                    DeadLetterReason& reason);
  int32_t PartitionNumber(const KafkaRecord& record) const;

  const StreamSource source_;
  size_t time_field_ = 0;
  size_t rows_max_ = 0;
  JsonEvents json_;
  EventRows rows_;
  std::map<std::pair<std::string, int32_t>, PartitionPosition> positions_;
  std::optional<int64_t> newest_micros_;
};

}  // namespace freshet
