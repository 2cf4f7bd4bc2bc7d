// SPDX-License-Identifier: Apache-2.0
#include "ingest/feed/topic_starts.h"

#include <utility>

namespace freshet {
namespace {

KafkaStart FreshStart(const KafkaSource& kafka) {
  switch (kafka.start) {
    case TopicStart::kLatest:
      return KafkaStart::Latest();
    case TopicStart::kTime:
      return KafkaStart::Time(kafka.start_micros);
    case TopicStart::kEarliest:
      break;
  }
  return KafkaStart::Earliest();
}

}  // namespace

KafkaStart StartAfter(const PartitionPosition& position) {
  if (!position.last) return KafkaStart::Offset(position.next);
  return KafkaStart::After({position.last->offset, position.last->hash},
                           position.next);
}

std::vector<KafkaTopicStart> StartsOf(
    const KafkaSource& kafka, const std::vector<PartitionPosition>& positions) {
  std::vector<KafkaTopicStart> topics;
  for (const std::string& topic : kafka.topics) {
    KafkaTopicStart start{.topic = topic, .fresh = FreshStart(kafka)};
    for (const PartitionPosition& at : positions) {
      if (at.topic != topic) continue;
      start.partitions[at.partition] = StartAfter(at);
    }
    topics.push_back(std::move(start));
  }
  return topics;
}

}  // namespace freshet
