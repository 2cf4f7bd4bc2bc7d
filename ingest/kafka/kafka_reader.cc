// SPDX-License-Identifier: Apache-2.0
#include "ingest/kafka/kafka_reader.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/status.h"
#include "ingest/kafka/client/kafka_client.h"
#include "ingest/kafka/reading/record_views.h"
#include "ingest/kafka/reading/topic_reader.h"
#include "ingest/kafka/record_hash.h"

namespace freshet {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// How long a broker is waited for that was asked something, and when what
// failed is tried again.
constexpr int kAnswerTimeoutMs = 1000;
constexpr milliseconds kRetry{250};
// librdkafka follows a leader that moved by itself, and tells nobody: who leads
// is asked so often once the one that is known is silent for so long.
constexpr milliseconds kLookEvery{1'000};
constexpr int64_t kMovedAfterMs = 3'000;

}  // namespace

// What librdkafka lent for a batch, and the one queue of all partitions.
struct KafkaReader::Messages {
  explicit Messages(rd_kafka_t* handle) : queue(rd_kafka_queue_new(handle)) {}
  ~Messages() {
    Return();
    rd_kafka_queue_destroy(queue);
  }

  void Return() {
    for (rd_kafka_message_t* message : lent) rd_kafka_message_destroy(message);
    lent.clear();
  }

  // Waits for the first; the rest of at most `max` only if it is there.
  void Take(size_t max, milliseconds timeout) {
    lent.resize(max);
    const auto wait = static_cast<int>(timeout.count());
    ssize_t taken = rd_kafka_consume_batch_queue(queue, wait, lent.data(), 1);
    if (taken == 1 && max > 1) {
      taken += std::max<ssize_t>(
          0, rd_kafka_consume_batch_queue(queue, 0, &lent[1], max - 1));
    }
    lent.resize(static_cast<size_t>(std::max<ssize_t>(taken, 0)));
  }

  rd_kafka_queue_t* queue;
  std::vector<rd_kafka_message_t*> lent;
};

absl::StatusOr<std::unique_ptr<KafkaReader>> KafkaReader::Open(
    const KafkaSettings& settings, std::vector<KafkaTopicStart> topics,
    KafkaSay say) {
  std::set<std::string> names;
  for (const KafkaTopicStart& start : topics) {
    if (!names.insert(start.topic).second) {
      return InvalidArgument("kafka topic '{}' is named twice", start.topic);
    }
  }
  if (names.empty()) return InvalidArgument("no kafka topic to read");
  ASSIGN_OR_RETURN(KafkaConf conf, MakeReaderConf(settings));
  ASSIGN_OR_RETURN(
      std::unique_ptr<KafkaClient> client,
      KafkaClient::Open(RD_KAFKA_CONSUMER, std::move(conf), std::move(say)));
  std::unique_ptr<KafkaReader> reader(
      new KafkaReader(settings, std::move(client)));
  for (KafkaTopicStart& start : topics) {
    ASSIGN_OR_RETURN(
        std::unique_ptr<TopicReader> topic,
        TopicReader::Open(*reader->client_, reader->messages_->queue,
                          std::move(start)));
    reader->topics_.push_back(std::move(topic));
  }
  return reader;
}

KafkaReader::KafkaReader(const KafkaSettings& settings,
                         std::unique_ptr<KafkaClient> client)
    : metadata_interval_(settings.metadata_interval_ms),
      client_(std::move(client)),
      messages_(std::make_unique<Messages>(client_->handle())),
      refresh_at_(Clock::now()),
      place_at_(refresh_at_),
      look_at_(refresh_at_),
      resumed_at_(refresh_at_) {}

KafkaReader::~KafkaReader() = default;

KafkaBatch KafkaReader::Poll(size_t records_max, milliseconds timeout) {
  CHECK(records_max > 0);
  records_.clear();
  ends_.clear();
  events_.clear();
  messages_->Return();

  client_->Serve(0);
  if (client_->TakeLostAll()) DoubtAll();
  LookForMovedLeaders();
  RefreshTopics();
  PlacePartitions();
  messages_->Take(records_max, UntilNextTask(timeout));
  HandOut();
  return {.records = records_, .ends = ends_, .events = events_};
}

void KafkaReader::LookForMovedLeaders() {
  const Instant now = Clock::now();
  if (paused_ || now < look_at_) return;
  look_at_ = now + kLookEvery;
  for (const KafkaPartitionState& at : Partitions()) {
    if (at.stopped) continue;
    if (at.silent_ms < 0 || at.silent_ms > kMovedAfterMs) refresh_at_ = now;
  }
}

void KafkaReader::RefreshTopics() {
  if (Clock::now() < refresh_at_) return;
  bool settled = true;
  for (const auto& topic : topics_) {
    settled = topic->Refresh(kAnswerTimeoutMs, events_).ok();
    // Nobody answers, and whoever stops it waits.
    if (!settled) break;
  }
  refresh_at_ = Clock::now() + (settled ? metadata_interval_ : kRetry);
}

void KafkaReader::PlacePartitions() {
  if (paused_ || Clock::now() < place_at_) return;
  bool waiting = false;
  for (const auto& topic : topics_) {
    if (!topic->AnyUnplaced()) continue;
    topic->Place(kAnswerTimeoutMs, events_);
    waiting |= topic->AnyUnplaced();
  }
  if (!waiting) return;
  // A leader that moved, or one that is not chosen yet.
  place_at_ = Clock::now() + kRetry;
  refresh_at_ = std::min(refresh_at_, place_at_);
}

milliseconds KafkaReader::UntilNextTask(milliseconds timeout) const {
  if (!events_.empty()) return milliseconds(0);
  Instant until = std::min(Clock::now() + std::min(timeout, metadata_interval_),
                           refresh_at_);
  const bool unplaced =
      std::any_of(topics_.begin(), topics_.end(),
                  [](const auto& topic) { return topic->AnyUnplaced(); });
  if (unplaced && !paused_) until = std::min(until, place_at_);
  return std::max(milliseconds(0),
                  std::chrono::ceil<milliseconds>(until - Clock::now()));
}

void KafkaReader::HandOut() {
  records_.reserve(messages_->lent.size());
  // The last record of each partition in this batch.
  std::map<PartitionReader*, size_t> touched;
  for (rd_kafka_message_t* message : messages_->lent) {
    const auto topic = std::find_if(
        topics_.begin(), topics_.end(),
        [&](const auto& one) { return one->handle() == message->rkt; });
    CHECK(topic != topics_.end());
    PartitionReader* partition = (*topic)->Find(message->partition);
    if (partition == nullptr) continue;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      (*topic)->TakeError(*message, events_);
      continue;
    }
    KafkaRecord record = ViewOf(*message, (*topic)->name());
    if (!partition->Take(record, events_)) continue;
    touched[partition] = records_.size();
    records_.push_back(std::move(record));
  }
  for (const auto& [partition, index] : touched) {
    partition->HandedOut(RecordHash(records_[index]));
    ends_.push_back({.topic = records_[index].topic,
                     .partition = partition->at().partition,
                     .last = *partition->at().last});
  }
}

void KafkaReader::DoubtAll() {
  for (const auto& topic : topics_) topic->DoubtAll();
}

void KafkaReader::Pause() {
  paused_ = true;
  DoubtAll();
}

void KafkaReader::Resume() {
  paused_ = false;
  place_at_ = Clock::now();
  resumed_at_ = place_at_;
}

absl::Status KafkaReader::Restart(const std::string& topic, int32_t partition,
                                  KafkaStart start) {
  for (const auto& one : topics_) {
    if (one->name() != topic) continue;
    if (PartitionReader* found = one->Find(partition)) {
      found->Restart(start);
      place_at_ = Clock::now();
      return absl::OkStatus();
    }
  }
  return NotFound("partition {} of topic '{}' is not read here", partition,
                  topic);
}

std::vector<KafkaPartitionState> KafkaReader::Partitions() const {
  std::vector<KafkaPartitionState> states;
  for (const auto& topic : topics_) topic->AppendStates(states);
  const int64_t asked_ms =
      std::chrono::duration_cast<milliseconds>(Clock::now() - resumed_at_)
          .count();
  for (KafkaPartitionState& at : states) {
    at.silent_ms = std::min(at.silent_ms, asked_ms);
  }
  return states;
}

KafkaHealth KafkaReader::Health() const {
  return {.contact_age_ms = client_->contacts().NewestAgeMs(),
          .error = client_->LastError()};
}

}  // namespace freshet
