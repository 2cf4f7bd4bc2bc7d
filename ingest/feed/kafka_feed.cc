// SPDX-License-Identifier: Apache-2.0
#include "ingest/feed/kafka_feed.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/status.h"
#include "ingest/feed/dead_letters.h"
#include "ingest/feed/feed_batch.h"
#include "ingest/feed/feed_writer.h"
#include "ingest/kafka/record_hash.h"

namespace freshet {
namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;
using Event = KafkaEvent::Kind;

// For so long records are gathered before they are written together.
constexpr milliseconds kGather(10);
// How soon it is noticed that it is to stop.
constexpr milliseconds kIdlePoll(100);
constexpr milliseconds kBusyPoll(2);
constexpr milliseconds kPublishEvery(100);
constexpr milliseconds kOpenAgainAfter(1'000);
constexpr size_t kPollRecordsMax = 1'000;
// Brokers that answered no longer ago are there.
constexpr int64_t kContactAgeMaxMs = 10'000;

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

std::vector<KafkaTopicStart> StartsOf(
    const KafkaSource& kafka, const std::vector<PartitionPosition>& positions) {
  std::vector<KafkaTopicStart> topics;
  for (const std::string& topic : kafka.topics) {
    KafkaTopicStart start{.topic = topic, .fresh = FreshStart(kafka)};
    for (const PartitionPosition& at : positions) {
      if (at.topic != topic) continue;
      start.partitions[at.partition] =
          at.last ? KafkaStart::After({at.last->offset, at.last->hash})
                  : KafkaStart::Offset(at.next);
    }
    topics.push_back(std::move(start));
  }
  return topics;
}

bool IsTrouble(Event kind) {
  return kind == Event::kGap || kind == Event::kChanged ||
         kind == Event::kMissing || kind == Event::kFailed;
}

}  // namespace

KafkaFeed::KafkaFeed(Parts parts, StreamSource source)
    : parts_(std::move(parts)), source_(std::move(source)) {
  counted_.source = source_.name;
  state_.source = source_.name;
  thread_ = std::thread([this] { Run(); });
}

KafkaFeed::~KafkaFeed() {
  Stop();
  thread_.join();
}

SourceState KafkaFeed::state() const {
  MutexLock lock(mu_);
  return state_;
}

absl::Status KafkaFeed::GoOn(const std::string& topic, int32_t partition,
                             KafkaStart start) {
  MutexLock lock(mu_);
  for (const SourcePartition& one : state_.partitions) {
    if (one.at.topic != topic || one.at.partition != partition) continue;
    if (!one.at.stopped) break;
    restarts_.push_back({{topic, partition}, start});
    return absl::OkStatus();
  }
  return FailedPrecondition("partition {} of topic '{}' is not stopped",
                            partition, topic);
}

void KafkaFeed::Run() {
  std::string said;
  while (!stop_.IsSet()) {
    const absl::Status status = Read();
    if (stop_.IsSet()) return;
    {
      MutexLock lock(mu_);
      state_.health = status;
    }
    const std::string message(status.message());
    if (message != std::exchange(said, message)) {
      parts_.say(
          fmt::format("source '{}' is not read: {}", source_.name, message),
          /*trouble=*/true);
    }
    stop_.WaitFor(kOpenAgainAfter);
  }
}

absl::Status KafkaFeed::Read() {
  const std::vector<PartitionPosition> positions =
      parts_.views->progress().Positions(source_.name);
  positions_.clear();
  troubles_.clear();
  filled_ = SourceState();
  for (const PartitionPosition& at : positions) {
    positions_[{at.topic, at.partition}] = at;
  }
  ASSIGN_OR_RETURN(
      const std::unique_ptr<DeadLetters> letters,
      DeadLetters::Open(parts_.dead_letters_dir, source_.name, {}, positions));
  ASSIGN_OR_RETURN(
      const std::unique_ptr<KafkaReader> reader,
      KafkaReader::Open(source_.kafka->cluster,
                        StartsOf(*source_.kafka, positions), parts_.say));
  FeedWriter writer(
      {.views = parts_.views,
       .letters = letters.get(),
       .stop = &stop_,
       .on_trouble =
           [this](const absl::Status& status) { TakeTrouble(status); }},
      source_);
  return ReadOn(*reader, *letters, writer);
}

absl::Status KafkaFeed::ReadOn(KafkaReader& reader, DeadLetters& letters,
                               FeedWriter& writer) {
  while (!stop_.IsSet()) {
    RestartAsked(reader);
    const KafkaBatch polled = reader.Poll(kPollRecordsMax, PollTimeout(writer));
    const bool was_empty = writer.filling().empty();
    for (const KafkaEvent& event : polled.events) TakeEvent(event, writer);
    RETURN_IF_ERROR(TakeRecords(polled.records, letters, writer));
    if (was_empty) filled_since_ = Steady::now();
    if (!polled.events.empty() || Steady::now() >= publish_at_) {
      Publish(reader);
    }
    const bool gathered =
        !writer.busy() && Steady::now() - filled_since_ >= kGather;
    if (writer.filling().full() || (gathered && !writer.filling().empty())) {
      RETURN_IF_ERROR(Write(writer));
    }
  }
  return absl::OkStatus();
}

absl::Status KafkaFeed::Write(FeedWriter& writer) {
  RETURN_IF_ERROR(writer.Write());
  counted_.records += filled_.records;
  counted_.events += filled_.events;
  for (size_t i = 0; i < kDeadLetterReasons; ++i) {
    counted_.dead_letters[i] += filled_.dead_letters[i];
  }
  filled_ = SourceState();
  return absl::OkStatus();
}

milliseconds KafkaFeed::PollTimeout(FeedWriter& writer) const {
  if (writer.filling().empty()) return kIdlePoll;
  if (writer.busy()) return kBusyPoll;
  const auto left =
      std::chrono::ceil<milliseconds>(filled_since_ + kGather - Steady::now());
  return std::clamp(left, milliseconds(0), kGather);
}

void KafkaFeed::TakeEvent(const KafkaEvent& event, FeedWriter& writer) {
  parts_.say(fmt::format("source '{}': {}", source_.name, Describe(event)),
             IsTrouble(event.kind));
  const Partition partition(event.topic, event.partition);
  if (IsTrouble(event.kind)) {
    troubles_[partition] = Describe(event);
    return;
  }
  troubles_.erase(partition);
  troubles_.erase({event.topic, -1});
  if (event.kind != Event::kStarted && event.kind != Event::kAppeared) return;
  // So that it begins there again, whatever "latest" is by then.
  const PartitionPosition begun = {
      .topic = event.topic, .partition = event.partition, .next = event.wanted};
  if (positions_[partition] == begun) return;
  positions_[partition] = begun;
  writer.filling().Advance(begun);
}

absl::Status KafkaFeed::TakeRecords(std::span<const KafkaRecord> records,
                                    DeadLetters& letters, FeedWriter& writer) {
  const int64_t now_micros = parts_.clock->NowMicros();
  std::map<std::pair<std::string_view, int32_t>, size_t> last;
  const auto advance = [&] {
    FeedBatch& batch = writer.filling();
    for (const auto& [partition, index] : last) {
      const KafkaRecord& record = records[index];
      PartitionPosition read = {
          .topic = std::string(record.topic),
          .partition = record.partition,
          .next = record.offset + 1,
          .last = PartitionPosition::Last{.offset = record.offset,
                                          .hash = RecordHash(record)}};
      positions_[{read.topic, read.partition}] = read;
      batch.Advance(std::move(read));
    }
    last.clear();
    if (const auto newest = batch.newest_micros()) {
      counted_.newest_event_micros =
          std::max(counted_.newest_event_micros.value_or(*newest), *newest);
    }
  };
  size_t* at = nullptr;  // In `last`.
  for (size_t i = 0; i < records.size(); ++i) {
    const KafkaRecord& record = records[i];
    const auto letter = writer.filling().Add(record, now_micros);
    // Most come in runs of one partition.
    if (at == nullptr || i == 0 || records[i - 1].topic != record.topic ||
        records[i - 1].partition != record.partition) {
      at = &last[{record.topic, record.partition}];
    }
    *at = i;
    ++filled_.records;
    if (letter) {
      ++filled_.dead_letters[static_cast<size_t>(letter->reason)];
      letters.Add(*letter);
    } else {
      ++filled_.events;
    }
    if (!writer.filling().full()) continue;
    advance();
    at = nullptr;
    RETURN_IF_ERROR(Write(writer));
  }
  advance();
  return absl::OkStatus();
}

void KafkaFeed::RestartAsked(KafkaReader& reader) {
  std::vector<Restarting> asked;
  {
    MutexLock lock(mu_);
    asked.swap(restarts_);
  }
  for (const Restarting& one : asked) {
    // It was there when it was asked for.
    reader.Restart(one.partition.first, one.partition.second, one.start)
        .IgnoreError();
  }
}

// Nothing is published while it waits for the disk.
void KafkaFeed::TakeTrouble(const absl::Status& status) {
  MutexLock lock(mu_);
  if (!status.ok() && state_.health != status) {
    parts_.say(fmt::format("source '{}' waits: {}", source_.name,
                           std::string(status.message())),
               /*trouble=*/true);
  }
  state_.health = status;
}

absl::Status KafkaFeed::HealthOf(const SourceState& state) const {
  for (const SourcePartition& one : state.partitions) {
    if (one.at.stopped) {
      return DataLoss("STREAM_GAP: {}", one.trouble);
    }
  }
  const int64_t age_ms = state.brokers.contact_age_ms;
  if ((age_ms < 0 || age_ms > kContactAgeMaxMs) && !state.brokers.error.ok()) {
    return Unavailable("no broker answers: {}",
                       std::string(state.brokers.error.message()));
  }
  if (!troubles_.empty()) return Unavailable("{}", troubles_.begin()->second);
  return absl::OkStatus();
}

void KafkaFeed::Publish(const KafkaReader& reader) {
  publish_at_ = Steady::now() + kPublishEvery;
  SourceState state = counted_;
  for (KafkaPartitionState& at : reader.Partitions()) {
    const auto trouble = troubles_.find({at.topic, at.partition});
    const std::string why =
        trouble == troubles_.end() ? std::string() : trouble->second;
    state.partitions.push_back({.at = std::move(at), .trouble = why});
  }
  if (state.newest_event_micros) {
    state.watermark_micros =
        std::min(*state.newest_event_micros, parts_.clock->NowMicros());
  }
  state.brokers = reader.Health();
  state.health = HealthOf(state);
  MutexLock lock(mu_);
  state_ = std::move(state);
}

}  // namespace freshet
