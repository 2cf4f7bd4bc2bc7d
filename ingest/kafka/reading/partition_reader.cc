// SPDX-License-Identifier: Apache-2.0
#include "ingest/kafka/reading/partition_reader.h"

#include <algorithm>

#include "base/check.h"
#include "ingest/kafka/client/kafka_status.h"
#include "ingest/kafka/record_hash.h"

namespace freshet {

using Event = KafkaEvent::Kind;

PartitionReader::PartitionReader(Source source, KafkaStart start, bool appeared)
    : source_(source),
      at_{.partition = source.id},
      start_(start),
      appeared_(appeared) {}

void PartitionReader::PlaceIn(const LogRange& log, Events& events) {
  CHECK(at_.state == State::kUnplaced);
  const KafkaStart start = NextStart();
  if (start.kind == KafkaStart::Kind::kAfter) at_.last = start.last;
  log_ = log;
  heard_ = false;
  const Placement placement = Place(start, log);
  at_.position = placement.wanted;
  if (placement.fetch < 0) {
    End(placement.kind, events);
    return;
  }
  if (rd_kafka_consume_start_queue(source_.topic, source_.id, placement.fetch,
                                   source_.queue) != 0) {
    events.push_back(MakeEvent(Event::kFailed));
    events.back().status =
        FromKafka(rd_kafka_last_error(), "beginning to fetch");
    return;  // Unplaced still: it is tried again.
  }
  fetching_ = true;
  // From here on the start is an offset: one that is placed again before a
  // record came must not take a later end for "latest".
  start_ = KafkaStart::Offset(at_.position);
  if (placement.kind == Event::kVerified) {
    at_.state = State::kVerifying;
    return;
  }
  at_.state = State::kReading;
  events.push_back(MakeEvent(placement.kind == Event::kStarted && appeared_
                                 ? Event::kAppeared
                                 : placement.kind));
  appeared_ = false;
}

bool PartitionReader::Take(const KafkaRecord& record, Events& events) {
  if (at_.state == State::kVerifying) {
    heard_ = true;
    if (record.offset == at_.last->offset) {
      if (RecordHash(record) != at_.last->hash) {
        End(Event::kChanged, events);
        return false;
      }
      at_.state = State::kReading;
      events.push_back(MakeEvent(Event::kVerified));
      return false;
    }
    at_.state = State::kReading;
    events.push_back(MakeEvent(Event::kUnverified));
  }
  if (at_.state != State::kReading || record.offset < at_.position)
    return false;
  heard_ = true;
  at_.last = LastRecord{.offset = record.offset};
  at_.position = record.offset + 1;
  return true;
}

void PartitionReader::TakeEndOfLog(int64_t offset, Events& events) {
  if (at_.state == State::kVerifying) {
    heard_ = true;
    if (offset <= at_.last->offset) {
      log_.end = offset;
      End(Event::kChanged, events);
      return;
    }
    at_.state = State::kReading;
    events.push_back(MakeEvent(Event::kUnverified));
  }
  if (at_.state != State::kReading) return;
  heard_ = true;
  // Behind the marks of transactions, which are no records.
  at_.position = std::max(at_.position, offset);
}

void PartitionReader::Doubt() {
  if (at_.state != State::kVerifying && at_.state != State::kReading) return;
  StopFetching();
  at_.state = State::kUnplaced;
}

void PartitionReader::Restart(KafkaStart start) {
  StopFetching();
  at_.state = State::kUnplaced;
  start_ = start;
  at_.last.reset();
  at_.position = -1;
}

KafkaStart PartitionReader::NextStart() const {
  if (at_.last) return KafkaStart::After(*at_.last, at_.position);
  if (start_.kind != KafkaStart::Kind::kOffset) return start_;
  // The marks of transactions may be passed, and no record.
  return KafkaStart::Offset(std::max(start_.offset, at_.position));
}

KafkaEvent PartitionReader::MakeEvent(Event kind) const {
  return {.kind = kind,
          .topic = rd_kafka_topic_name(source_.topic),
          .partition = source_.id,
          .wanted = at_.position,
          .first = log_.first,
          .end = log_.end,
          .status = absl::OkStatus()};
}

int64_t PartitionReader::KnownEnd(rd_kafka_t* handle) const {
  int64_t first = -1, end = -1;
  if (!heard_ || rd_kafka_get_watermark_offsets(
                     handle, rd_kafka_topic_name(source_.topic), source_.id,
                     &first, &end) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return log_.end;
  }
  return std::max(end, at_.position);
}

void PartitionReader::StopFetching() {
  if (!fetching_) return;
  fetching_ = false;
  // Fails only for a partition that was not started. What is queued of it is
  // dropped.
  rd_kafka_consume_stop(source_.topic, source_.id);
}

void PartitionReader::End(Event kind, Events& events) {
  StopFetching();
  at_.state = State::kStopped;
  events.push_back(MakeEvent(kind));
}

}  // namespace freshet
