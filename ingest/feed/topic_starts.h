// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "config/streams/kafka_source.h"
#include "features/streams/event_codec.h"
#include "ingest/kafka/kafka_reader.h"

namespace freshet {

// Behind what was read of a partition.
KafkaStart StartAfter(const PartitionPosition& position);

// Where a source's topics are to be read from, of which so much was read.
std::vector<KafkaTopicStart> StartsOf(
    const KafkaSource& kafka, const std::vector<PartitionPosition>& positions);

}  // namespace freshet
