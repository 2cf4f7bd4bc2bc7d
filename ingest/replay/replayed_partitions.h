// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "features/streams/partition_position.h"
#include "ingest/kafka/kafka_reader.h"

namespace freshet {

// How far the partitions of a replay are, each of which is read up to where it
// had been read when the replay began; and from when on they have everything.
// Not thread-safe.
class ReplayedPartitions {
 public:
  struct Part {
    PartitionPosition until;
    bool all_kept = false;  // It was read from its very first record on.
    bool is_cut = false;    // From the first that is there.
    // About when the record that was read last was written: its timestamp, but
    // that it does not go back, nor beyond the beginning of the replay.
    int64_t at_micros = 0;
    int64_t records = 0;
    // The latest time of its first records: one may have come late.
    int64_t first_micros = 0;
    int64_t unreadable = 0;  // How many are no events, one after the other.
    int64_t unreadable_micros = 0;  // The last of so many that it is no poison.
    LastRecord last;   // That was read; there is one where it is held.
    int64_t left = 0;  // Records, about.
    bool done = false;
    bool held = false;
  };
  // With its topic.
  using Parts = std::map<std::pair<std::string, int32_t>, Part>;

  struct Range {
    std::optional<int64_t> from_micros;  // As TopicReplay::Request's.
    int64_t until_micros = 0;            // When the replay began.
  };
  // `positions`: of the source then. Of other topics than these nothing is read
  // any more, and so nothing is known.
  ReplayedPartitions(const std::vector<std::string>& topics,
                     const std::vector<PartitionPosition>& positions,
                     Range range);

  Parts& parts() { return parts_; }

  // DATA_LOSS and "STREAM_GAP": it is another than was read.
  absl::Status Begin(const KafkaEvent& started);
  // Null: the record is none of those. DATA_LOSS as Begin.
  absl::StatusOr<Part*> Take(const KafkaRecord& record);
  // The last record that was taken is no event.
  static void NoteUnreadable(Part& part);
  // DATA_LOSS as Begin, of a partition that is not there any more.
  absl::Status NoteRead(const KafkaReader& reader, const KafkaBatch& polled);

  int64_t records_left() const;
  bool AllDone() const;
  // Whether enough was read for WholeFrom to be near what it will be.
  bool AllBegun() const;
  // When everything that was written since was read; 0: since ever.
  int64_t WholeFrom() const;

 private:
  const Range range_;
  Parts parts_;
  bool had_other_topics_ = false;
};

}  // namespace freshet
