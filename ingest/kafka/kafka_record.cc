// SPDX-License-Identifier: Apache-2.0
#include "ingest/kafka/kafka_record.h"

#include <fmt/format.h>

namespace freshet {
namespace {

std::string WhatHappened(const KafkaEvent& event) {
  using Kind = KafkaEvent::Kind;
  switch (event.kind) {
    case Kind::kStarted:
      return fmt::format("read from offset {}", event.wanted);
    case Kind::kAppeared:
      return fmt::format("new, read from offset {}", event.wanted);
    case Kind::kVerified:
      return fmt::format(
          "read from offset {}; the record before it is the one that was read",
          event.wanted);
    case Kind::kUnverified:
      return fmt::format(
          "read from offset {}; the record before it is no longer there to "
          "be compared",
          event.wanted);
    case Kind::kGap:
      return fmt::format(
          "stopped: offset {} is wanted, the log begins at {} and ends at {}: "
          "the records between are gone",
          event.wanted, event.first, event.end);
    case Kind::kChanged:
      return fmt::format(
          "stopped: offset {} is wanted, but the log, from {} to {}, is not "
          "the one that was read: it was made anew or cut off",
          event.wanted, event.first, event.end);
    case Kind::kMissing:
      return "not there";
    case Kind::kFailed:
      break;
  }
  return event.status.ToString();
}

}  // namespace

std::string Describe(const KafkaEvent& event) {
  if (event.partition < 0) {
    return fmt::format("topic '{}': {}", event.topic, WhatHappened(event));
  }
  return fmt::format("partition {} of topic '{}': {}", event.partition,
                     event.topic, WhatHappened(event));
}

}  // namespace freshet
