// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "ingest/kafka/kafka_record.h"

namespace freshet {

// The offsets that a partition's log holds, and the one that was asked for by
// time (`end` when there is none so late).
struct LogRange {
  int64_t first = 0;
  int64_t end = 0;
  int64_t at_time = 0;
};

// What a wanted start is in a log as it is now.
struct Placement {
  KafkaEvent::Kind kind = KafkaEvent::Kind::kStarted;
  int64_t wanted = 0;  // The first offset to hand out.
  int64_t fetch = 0;   // Where fetching begins: `wanted`, or at the record to
                       // compare. None where `kind` stops the partition.
};

// kVerified means: if the record at `fetch` is the one of `start`.
Placement Place(const KafkaStart& start, const LogRange& log);

}  // namespace freshet
