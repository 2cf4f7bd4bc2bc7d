// SPDX-License-Identifier: Apache-2.0
#include "ingest/feed/kafka_feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/status.h"
#include "ingest/feed/dead_letters.h"
#include "ingest/feed/feed_batch.h"
#include "ingest/feed/feed_writer.h"
#include "ingest/feed/topic_starts.h"
#include "ingest/formats/event_format.h"
#include "ingest/kafka/record_hash.h"
#include "ingest/push_log/push_log.h"
#include "ingest/registry/schema_registry.h"

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
constexpr milliseconds kOpenAgainAfter(1'000);
// What cannot be read now, for its schema is not to be had.
constexpr milliseconds kReadAgainAfter(1'000);
constexpr size_t kPollRecordsMax = 1'000;

bool IsTrouble(Event kind) {
  return kind == Event::kGap || kind == Event::kChanged ||
         kind == Event::kMissing || kind == Event::kFailed;
}

}  // namespace

KafkaFeed::KafkaFeed(Parts parts, StreamSource source)
    : parts_(std::move(parts)),
      source_(std::move(source)),
      paused_(parts_.paused) {
  counted_.source = source_.name;
  counted_.began_micros = parts_.clock->NowMicros();
  state_ = counted_;
  thread_ = std::thread([this] { Run(); });
}

KafkaFeed::~KafkaFeed() {
  Stop();
  thread_.join();
}

SourceState KafkaFeed::state() const {
  SourceState state;
  {
    MutexLock lock(mu_);
    state = state_;
  }
  // Also while nothing is published, for it waits.
  const int64_t now_micros = parts_.clock->NowMicros();
  state.behind_micros = BehindMicros(state.partitions, now_micros);
  state.behind_at_least_micros = BehindAtLeastMicros(state, now_micros);
  return state;
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
    TellPushLog(status);
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
  seeks_.Clear();
  is_paused_ = false;
  filled_ = SourceState();
  for (const PartitionPosition& at : positions) {
    positions_[{at.topic, at.partition}] = at;
  }
  ASSIGN_OR_RETURN(
      const std::unique_ptr<DeadLetters> letters,
      DeadLetters::Open(parts_.dead_letters_dir, source_.name, {}, positions));
  const KafkaSource& topics = *source_.topics();
  ASSIGN_OR_RETURN(const std::unique_ptr<KafkaReader> reader,
                   KafkaReader::Open(topics.cluster,
                                     StartsOf(topics, positions), parts_.say));
  std::optional<SchemaRegistry> registry;
  if (const auto& settings = topics.schema_registry) {
    registry.emplace(*settings);
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<EventFormat> format,
                   MakeEventFormat(source_, registry ? &*registry : nullptr));
  FeedWriter::Parts writing{
      .views = parts_.views,
      .format = format.get(),
      .letters = letters.get(),
      .stop = &stop_,
      .on_trouble = [this](const absl::Status& status) { TakeTrouble(status); },
      .on_written = [this](const FeedBatch& batch) { TakeWritten(batch); }};
  FeedWriter writer(std::move(writing), source_);
  return ReadOn(*reader, *letters, writer);
}

// On another thread than the feed's.
void KafkaFeed::TakeWritten(const FeedBatch& batch) {
  batch.ObserveDelays(parts_.clock->NowMicros(), delays_);
  PushLog* log = parts_.push_log;
  if (log == nullptr) return;
  batch.ForEachPosition([log](const PartitionPosition& at) {
    if (at.topic == log->log().topic()) log->Reached(at.partition, at.next);
  });
}

absl::Status KafkaFeed::ReadOn(KafkaReader& reader, DeadLetters& letters,
                               FeedWriter& writer) {
  while (!stop_.IsSet()) {
    seeks_.Restart(reader, positions_);
    PauseAsked(reader);
    const KafkaBatch polled = reader.Poll(kPollRecordsMax, PollTimeout(writer));
    const bool was_empty = writer.filling().empty();
    for (const KafkaEvent& event : polled.events) {
      RETURN_IF_ERROR(TakeEvent(event, letters, writer));
    }
    RETURN_IF_ERROR(TakeRecords(polled.records, letters, writer));
    // Before it is told how far the reader is, which may be further.
    if (seeks_.IsAsked()) continue;
    if (was_empty) filled_since_ = Steady::now();
    if (!polled.events.empty() || Steady::now() >= publish_at_) {
      NotePassed(reader, writer.filling());
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

absl::Status KafkaFeed::TakeEvent(const KafkaEvent& event, DeadLetters& letters,
                                  FeedWriter& writer) {
  parts_.say(fmt::format("source '{}': {}", source_.name, Describe(event)),
             IsTrouble(event.kind));
  const Seeks::Partition partition(event.topic, event.partition);
  if (IsTrouble(event.kind)) {
    troubles_[partition] = Describe(event);
    return absl::OkStatus();
  }
  troubles_.erase(partition);
  troubles_.erase({event.topic, -1});
  if (event.kind != Event::kStarted && event.kind != Event::kAppeared) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const bool begins, Begins(event));
  // So that it begins there again, whatever "latest" is by then.
  const PartitionPosition begun = {
      .topic = event.topic, .partition = event.partition, .next = event.wanted};
  PartitionPosition& position = positions_[partition];
  if (!begins || position == begun) return absl::OkStatus();
  // A partition that was read goes back only where it is another one.
  if (begun.next < position.next) {
    letters.BeginAnew(begun.topic, begun.partition, parts_.clock->NowMicros());
  }
  position = begun;
  writer.filling().Advance(begun);
  return absl::OkStatus();
}

void KafkaFeed::NoteWhole(const Seeks::Partition& partition, int64_t micros) {
  int64_t& until = whole_until_.try_emplace(partition, micros).first->second;
  until = std::max(until, std::min(micros, parts_.clock->NowMicros()));
}

// Marks of transactions are no records: that nothing else was behind the last
// one is not seen any more when they have aged out with it.
void KafkaFeed::NotePassed(const KafkaReader& reader, FeedBatch& batch) {
  for (const KafkaPartitionState& at : reader.Partitions()) {
    const auto read = positions_.find({at.topic, at.partition});
    if (!at.reading || read == positions_.end() ||
        at.position <= read->second.next) {
      continue;
    }
    read->second.next = at.position;
    batch.Advance(read->second);
  }
}

int64_t KafkaFeed::ReadUntil(const KafkaRecord& record) const {
  const auto at =
      positions_.find({std::string(record.topic), record.partition});
  return at == positions_.end() ? 0 : at->second.next;
}

void KafkaFeed::Advance(const KafkaRecord& record, FeedBatch& batch) {
  PartitionPosition read = {
      .topic = std::string(record.topic),
      .partition = record.partition,
      .next = record.offset + 1,
      .last = PartitionPosition::Last{.offset = record.offset,
                                      .hash = RecordHash(record)}};
  positions_[{read.topic, read.partition}] = read;
  if (record.timestamp_type != KafkaTime::kNone) {
    NoteWhole({read.topic, read.partition}, record.timestamp_micros);
  }
  batch.Advance(std::move(read));
}

void KafkaFeed::NoteNewest(const FeedBatch& batch) {
  const auto newest = batch.newest_micros();
  if (!newest) return;
  counted_.newest_event_micros =
      std::max(counted_.newest_event_micros.value_or(*newest), *newest);
}

absl::Status KafkaFeed::TakeRecords(std::span<const KafkaRecord> records,
                                    DeadLetters& letters, FeedWriter& writer) {
  const int64_t now_micros = parts_.clock->NowMicros();
  std::map<std::pair<std::string_view, int32_t>, size_t> last;
  const auto advance = [&] {
    for (const auto& [partition, index] : last) {
      Advance(records[index], writer.filling());
    }
    last.clear();
    NoteNewest(writer.filling());
  };
  size_t* at = nullptr;    // In `last`.
  int64_t read_until = 0;  // Of the partition.
  for (size_t i = 0; i < records.size(); ++i) {
    const KafkaRecord& record = records[i];
    // Most come in runs of one partition.
    const bool same = i > 0 && records[i - 1].topic == record.topic &&
                      records[i - 1].partition == record.partition;
    if (!same) {
      read_until = ReadUntil(record);
      at = nullptr;
    }
    // One that is to go on where it was, and has not yet.
    if (record.offset < read_until) continue;
    size_t events = writer.filling().events();
    auto added = writer.filling().Add(record, now_micros);
    if (!added.ok()) {
      // What came before it does not wait for it.
      advance();
      at = nullptr;
      if (!writer.filling().empty()) RETURN_IF_ERROR(Write(writer));
      events = 0;
      while (!added.ok()) {
        RETURN_IF_ERROR(WaitFor(added.status()));
        if (paused_ != is_paused_ || seeks_.IsAsked()) {
          PutBack(records.subspan(i));
          return absl::OkStatus();
        }
        added = writer.filling().Add(record, now_micros);
      }
      TakeTrouble(absl::OkStatus());
    }
    const std::optional<DeadLetter>& letter = *added;
    if (at == nullptr) at = &last[{record.topic, record.partition}];
    *at = i;
    ++filled_.records;
    if (letter) {
      ++filled_.dead_letters[static_cast<size_t>(letter->reason)];
      letters.Add(*letter);
    }
    filled_.events += static_cast<int64_t>(writer.filling().events() - events);
    if (!writer.filling().full()) continue;
    advance();
    at = nullptr;
    RETURN_IF_ERROR(Write(writer));
  }
  advance();
  return absl::OkStatus();
}

absl::StatusOr<bool> KafkaFeed::Begins(const KafkaEvent& begun) {
  constexpr int64_t kSecond = 1'000'000;
  switch (seeks_.Settle(begun)) {
    case Seeks::Begins::kUnasked:
      return true;
    case Seeks::Begins::kThere:
      return false;
    case Seeks::Begins::kForward: {
      // What waits to be read back may be among it.
      TellPushLog(DataLoss("STREAM_GAP: it was set forward by an operator"));
      // What is passed over came until now, and no event is further ahead.
      // Partitions that follow one another are to be marked once.
      const int64_t second = parts_.clock->NowMicros() / kSecond + 1;
      RETURN_IF_ERROR(parts_.views->progress().MarkLost(
          source_.name, second * kSecond + source_.max_future_skew_micros));
      return true;
    }
    case Seeks::Begins::kBack:
      break;
  }
  parts_.say(
      fmt::format("source '{}': partition {} of topic '{}' does not go "
                  "back to offset {}: it was read beyond",
                  source_.name, begun.partition, begun.topic, begun.wanted),
      /*trouble=*/true);
  return false;
}

void KafkaFeed::PutBack(std::span<const KafkaRecord> records) {
  std::set<Seeks::Partition> seen;
  for (const KafkaRecord& record : records) {
    const Seeks::Partition partition(record.topic, record.partition);
    if (!seen.insert(partition).second) continue;
    const auto at = positions_.find(partition);
    seeks_.GoOn(at != positions_.end()
                    ? at->second
                    : PartitionPosition{.topic = partition.first,
                                        .partition = partition.second,
                                        .next = record.offset});
  }
}

absl::Status KafkaFeed::WaitFor(const absl::Status& trouble) {
  TakeTrouble(trouble);
  if (stop_.WaitFor(kReadAgainAfter)) return absl::CancelledError("it ends");
  return absl::OkStatus();
}

void KafkaFeed::PauseAsked(KafkaReader& reader) {
  if (paused_ == is_paused_) return;
  is_paused_ = !is_paused_;
  if (is_paused_) {
    reader.Pause();
  } else {
    reader.Resume();
  }
  parts_.say(fmt::format("source '{}' is {}", source_.name,
                         is_paused_ ? "paused" : "resumed"),
             /*trouble=*/false);
  // At once: what is read next may have to wait, and then nothing is.
  Publish(reader);
}

// Nothing is published while it waits for the disk, or for a schema. Whether
// what was read since is near the end only Publish knows.
void KafkaFeed::TakeTrouble(const absl::Status& status) {
  if (!status.ok()) TellPushLog(status);
  MutexLock lock(mu_);
  if (!status.ok() && state_.health != status) {
    parts_.say(fmt::format("source '{}' waits: {}", source_.name,
                           std::string(status.message())),
               /*trouble=*/true);
  }
  state_.health = status;
}

void KafkaFeed::TellPushLog(const absl::Status& health) {
  if (parts_.push_log != nullptr) parts_.push_log->SetReading(health);
}

}  // namespace freshet
