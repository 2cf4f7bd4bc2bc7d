// SPDX-License-Identifier: Apache-2.0
#include "ingest/kafka/reading/placement.h"

#include <algorithm>

namespace freshet {
namespace {

using Event = KafkaEvent::Kind;

Placement At(int64_t offset) { return {Event::kStarted, offset, offset}; }

Placement PlaceOffset(int64_t offset, const LogRange& log) {
  if (offset < log.first) return {Event::kGap, offset, -1};
  if (offset > log.end) return {Event::kChanged, offset, -1};
  return At(offset);
}

// `next`: of KafkaStart::After.
Placement PlaceAfter(int64_t last, int64_t next, const LogRange& log) {
  const int64_t wanted = std::max(last + 1, next);
  if (last >= log.end || wanted > log.end) return {Event::kChanged, wanted, -1};
  if (wanted < log.first) return {Event::kGap, wanted, -1};
  if (last < log.first) return {Event::kUnverified, wanted, wanted};
  return {Event::kVerified, wanted, last};
}

}  // namespace

Placement Place(const KafkaStart& start, const LogRange& log) {
  switch (start.kind) {
    case KafkaStart::Kind::kEarliest:
      return At(log.first);
    case KafkaStart::Kind::kLatest:
      return At(log.end);
    case KafkaStart::Kind::kTime:
      return At(log.at_time);
    case KafkaStart::Kind::kOffset:
      return PlaceOffset(start.offset, log);
    case KafkaStart::Kind::kAfter:
    case KafkaStart::Kind::kNowhere:  // Is not asked.
      break;
  }
  return PlaceAfter(start.last.offset, start.offset, log);
}

}  // namespace freshet
