// SPDX-License-Identifier: Apache-2.0
#include "ingest/kafka/reading/topic_reader.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/status.h"
#include "ingest/kafka/client/kafka_status.h"
#include "ingest/kafka/reading/log_offsets.h"

namespace freshet {
namespace {

struct MetadataDelete {
  void operator()(const rd_kafka_metadata_t* metadata) const {
    rd_kafka_metadata_destroy(metadata);
  }
};
using Metadata = std::unique_ptr<const rd_kafka_metadata_t, MetadataDelete>;
using Event = KafkaEvent::Kind;

absl::StatusOr<Metadata> AskForTopic(rd_kafka_t* handle,
                                     rd_kafka_topic_t* topic, int timeout_ms) {
  const rd_kafka_metadata_t* found = nullptr;
  const rd_kafka_resp_err_t error =
      rd_kafka_metadata(handle, 0, topic, &found, timeout_ms);
  RETURN_IF_ERROR(FromKafka(error, "asking for partitions"));
  return Metadata(found);
}

}  // namespace

absl::StatusOr<std::unique_ptr<TopicReader>> TopicReader::Open(
    KafkaClient& client, rd_kafka_queue_t* queue, KafkaTopicStart start) {
  std::unique_ptr<TopicReader> topic(
      new TopicReader(client, queue, std::move(start)));
  if (topic->topic_ == nullptr) {
    return InvalidArgument("kafka topic '{}': {}", topic->name_,
                           rd_kafka_err2str(rd_kafka_last_error()));
  }
  return topic;
}

TopicReader::TopicReader(KafkaClient& client, rd_kafka_queue_t* queue,
                         KafkaTopicStart start)
    : client_(client),
      queue_(queue),
      name_(std::move(start.topic)),
      topic_(rd_kafka_topic_new(client.handle(), name_.c_str(), nullptr)),
      fresh_(start.fresh) {
  if (topic_ == nullptr) return;
  for (const auto& [partition, stored] : start.partitions) {
    Add(partition, stored, /*appeared=*/false);
  }
}

TopicReader::~TopicReader() {
  partitions_.clear();
  if (topic_ != nullptr) rd_kafka_topic_destroy(topic_);
}

absl::Status TopicReader::Refresh(int timeout_ms, Events& events) {
  ASSIGN_OR_RETURN(const Metadata metadata,
                   AskForTopic(client_.handle(), topic_, timeout_ms));
  const rd_kafka_resp_err_t error =
      metadata->topic_cnt == 0 ? RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART
                               : metadata->topics[0].err;
  switch (error) {
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
      Miss(events);
      break;
    case RD_KAFKA_RESP_ERR_NO_ERROR:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
      TakeLeaders(metadata->topics[0], events);
      break;
    default: {
      const absl::Status status = FromKafka(error, "asking for partitions");
      if (status == failure_) break;
      failure_ = status;
      events.push_back(
          {.kind = Event::kFailed, .topic = name_, .status = status});
    }
  }
  return absl::OkStatus();
}

void TopicReader::TakeLeaders(const rd_kafka_metadata_topic_t& found,
                              Events& events) {
  missing_ = false;
  failure_ = absl::OkStatus();
  const bool none_stored = !discovered_ && partitions_.empty();
  std::map<int32_t, int32_t> leaders;
  for (int i = 0; i < found.partition_cnt; ++i) {
    const rd_kafka_metadata_partition_t& partition = found.partitions[i];
    leaders[partition.id] = partition.leader;
    if (!partitions_.contains(partition.id)) {
      Add(partition.id, none_stored ? fresh_ : KafkaStart::Earliest(),
          /*appeared=*/!none_stored);
    }
  }
  // A topic without partitions is one that is being made.
  if (found.partition_cnt == 0) return;
  discovered_ = true;
  for (auto& [id, entry] : partitions_) {
    const auto leader = leaders.find(id);
    if (leader == leaders.end()) {
      Miss(entry, events);
    } else {
      entry.missing = false;
      if (entry.leader == leader->second) continue;
      entry.leader = leader->second;
      entry.led_since = std::chrono::steady_clock::now();
    }
  }
}

void TopicReader::Miss(Events& events) {
  // All that a topic holds that is not there yet comes later than "now".
  if (fresh_.kind == KafkaStart::Kind::kLatest) fresh_ = KafkaStart::Earliest();
  if (!missing_) {
    events.push_back({.kind = Event::kMissing,
                      .topic = name_,
                      .status = NotFound("topic '{}' is not there", name_)});
  }
  missing_ = true;
  DoubtAll();
  for (auto& [id, entry] : partitions_) entry.leader = -1;
}

void TopicReader::Miss(Entry& entry, Events& events) {
  entry.leader = -1;
  entry.reader->Doubt();
  if (std::exchange(entry.missing, true)) return;
  events.push_back(entry.reader->MakeEvent(Event::kMissing));
  events.back().status = NotFound("partition {} of topic '{}' is not there",
                                  entry.reader->at().partition, name_);
}

void TopicReader::Place(int timeout_ms, Events& events) {
  std::vector<LogQuery> queries;
  std::vector<Entry*> asked;
  for (auto& [id, entry] : partitions_) {
    if (!IsDue(entry) || entry.leader < 0) continue;
    LogQuery query{.topic = name_, .partition = id, .leader = entry.leader};
    const KafkaStart start = entry.reader->NextStart();
    if (start.kind == KafkaStart::Kind::kTime) {
      query.time_micros = start.time_micros;
    }
    queries.push_back(std::move(query));
    asked.push_back(&entry);
  }
  if (queries.empty()) return;
  const std::vector<absl::StatusOr<LogRange>> logs =
      QueryLogs(client_.handle(), queries, timeout_ms);
  for (size_t i = 0; i < asked.size(); ++i) {
    if (logs[i].ok()) {
      asked[i]->failure = absl::OkStatus();
      asked[i]->reader->PlaceIn(*logs[i], events);
    } else {
      Fail(*asked[i], logs[i].status(), events);
    }
  }
}

void TopicReader::TakeError(const rd_kafka_message_t& message, Events& events) {
  const auto found = partitions_.find(message.partition);
  if (found == partitions_.end()) return;
  Entry& entry = found->second;
  switch (message.err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
      entry.reader->TakeEndOfLog(message.offset, events);
      return;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      // What it means is seen when the partition is placed anew.
      entry.reader->Doubt();
      return;
    default:
      // Not passed over: it would be a record that nobody ever saw.
      entry.reader->Doubt();
      Fail(entry, FromKafka(message.err, rd_kafka_message_errstr(&message)),
           events);
  }
}

void TopicReader::Fail(Entry& entry, const absl::Status& status,
                       Events& events) {
  if (status == entry.failure) return;
  entry.failure = status;
  events.push_back(entry.reader->MakeEvent(Event::kFailed));
  events.back().status = status;
}

void TopicReader::DoubtAll() {
  for (auto& [id, entry] : partitions_) entry.reader->Doubt();
}

bool TopicReader::IsDue(const Entry& entry) const {
  return entry.reader->at().state == PartitionReader::State::kUnplaced &&
         entry.reader->NextStart().kind != KafkaStart::Kind::kNowhere &&
         !entry.missing && !missing_;
}

bool TopicReader::AnyUnplaced() const {
  return !discovered_ ||
         std::any_of(partitions_.begin(), partitions_.end(),
                     [this](const auto& one) { return IsDue(one.second); });
}

PartitionReader* TopicReader::Find(int32_t partition) {
  const auto found = partitions_.find(partition);
  return found == partitions_.end() ? nullptr : found->second.reader.get();
}

void TopicReader::Add(int32_t partition, KafkaStart start, bool appeared) {
  partitions_[partition].reader = std::make_unique<PartitionReader>(
      PartitionReader::Source{topic_, queue_, partition}, start, appeared);
}

int64_t TopicReader::SilentMs(const Entry& entry) const {
  if (entry.leader < 0) return -1;
  const auto heard = std::max(entry.led_since, entry.reader->at().handed_out);
  const int64_t heard_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(
          std::chrono::steady_clock::now() - heard)
          .count();
  const int64_t age_ms = client_.contacts().AgeMs(entry.leader);
  return age_ms < 0 ? heard_ms : std::min(age_ms, heard_ms);
}

void TopicReader::AppendStates(std::vector<KafkaPartitionState>& states) const {
  using State = PartitionReader::State;
  for (const auto& [id, entry] : partitions_) {
    const PartitionReader& reader = *entry.reader;
    const State state = reader.at().state;
    const bool placed = reader.at().position >= 0;
    states.push_back({.topic = name_,
                      .partition = id,
                      .reading = state == State::kReading,
                      .stopped = state == State::kStopped,
                      .position = reader.at().position,
                      .lag = placed ? std::max<int64_t>(
                                          0, reader.KnownEnd(client_.handle()) -
                                                 reader.at().position)
                                    : -1,
                      .contact_age_ms = client_.contacts().AgeMs(entry.leader),
                      .silent_ms = SilentMs(entry)});
  }
}

}  // namespace freshet
