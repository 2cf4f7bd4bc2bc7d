// SPDX-License-Identifier: Apache-2.0
#include "ingest/replay/topic_replay.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "base/status.h"
#include "config/timestamp.h"
#include "features/streams/event_evaluator.h"
#include "ingest/change_log/event_ids.h"
#include "ingest/feed/feed_batch.h"
#include "ingest/feed/topic_starts.h"
#include "ingest/formats/event_format.h"
#include "ingest/kafka/record_hash.h"
#include "ingest/live/live_applier.h"
#include "ingest/live/view_generations.h"
#include "ingest/registry/schema_registry.h"
#include "ingest/replay/replay_ids.h"

namespace freshet {
namespace {

using std::chrono::milliseconds;
using Event = KafkaEvent::Kind;

constexpr size_t kPollRecordsMax = 1'000;
constexpr milliseconds kPoll(100);
constexpr milliseconds kReadAgainAfter(1'000);
// What comes meanwhile is not to wait for it.
constexpr int kNice = 10;

}  // namespace

TopicReplay::TopicReplay(Parts parts, Request request)
    : parts_(std::move(parts)), request_(std::move(request)) {}

absl::StatusOr<std::unique_ptr<TopicReplay>> TopicReplay::Begin(
    Parts parts, Request request) {
  std::unique_ptr<TopicReplay> replay(
      new TopicReplay(std::move(parts), std::move(request)));
  RETURN_IF_ERROR(replay->BeginBuild());
  replay->thread_ = std::thread([at = replay.get()] { at->Run(); });
  return replay;
}

TopicReplay::~TopicReplay() {
  Stop();
  if (thread_.joinable()) thread_.join();
}

absl::Status TopicReplay::BeginBuild() {
  absl::Status status;
  partitions_.clear();
  parts_.views->upkeep().Use(
      [&](ViewGenerations& generations, LiveApplier& applier) {
        const auto begun = generations.replays().Begin(request_.view, applier);
        status = begun.status();
        if (!begun.ok()) return;
        build_ = *begun;
        for (PartitionPosition& at :
             applier.positions(build_->plan().source.name)) {
          const Partition partition(at.topic, at.partition);
          partitions_[partition].until = std::move(at);
        }
      });
  RETURN_IF_ERROR(status);
  if (partitions_.empty()) {
    GiveUp();
    return FailedPrecondition(
        "nothing was read yet of the topics of source '{}'",
        build_->plan().source.name);
  }
  ids_.reset();
  if (const StreamSource& source = build_->plan().source;
      !source.id_field.empty()) {
    ids_ = std::make_unique<ReplayIds>(source.deduplicate_micros);
  }
  // After it was begun: who is forgotten from now on ends it.
  auto forgotten = parts_.forgotten();
  if (!forgotten.ok()) {
    GiveUp();
    return forgotten.status();
  }
  forgotten_.emplace(*std::move(forgotten), build_->plan().windows->event.key);
  return absl::OkStatus();
}

void TopicReplay::Run() {
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);
  absl::Status status = ReadAll();
  while (absl::IsAborted(status) && !stop_.IsSet()) {
    status = BeginBuild();
    if (status.ok()) status = ReadAll();
  }
  if (!status.ok()) {
    GiveUp();
    parts_.say(fmt::format("view '{}' is not made anew from its topics: {}",
                           request_.view, std::string(status.message())),
               /*trouble=*/!absl::IsCancelled(status));
  }
  build_.reset();  // Whoever has use for it has it.
  ended_.Set();
  parts_.changed();
}

void TopicReplay::GiveUp() {
  absl::Status status;
  parts_.views->upkeep().Use([&](ViewGenerations& generations, LiveApplier&) {
    status = generations.replays().End(*build_);
  });
  if (status.ok()) return;
  parts_.say(fmt::format("view '{}': what was made of it is not deleted: {}",
                         request_.view, std::string(status.message())),
             /*trouble=*/true);
}

absl::Status TopicReplay::ReadAll() {
  const StreamSource source = build_->plan().source;
  const KafkaSource& topics = *source.topics();
  std::optional<SchemaRegistry> registry;
  if (const auto& settings = topics.schema_registry) {
    registry.emplace(*settings);
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<EventFormat> format,
                   MakeEventFormat(source, registry ? &*registry : nullptr));
  const KafkaStart start = request_.from_micros
                               ? KafkaStart::Time(*request_.from_micros)
                               : KafkaStart::Earliest();
  std::vector<KafkaTopicStart> starts;
  for (const std::string& topic : topics.topics) {
    starts.push_back({.topic = topic, .fresh = start});
  }
  ASSIGN_OR_RETURN(
      const std::unique_ptr<KafkaReader> reader,
      KafkaReader::Open(topics.cluster, std::move(starts), parts_.say));
  FeedBatch batch(source, *format);
  RETURN_IF_ERROR(ReadOn(*reader, batch));
  return EndPast();
}

absl::Status TopicReplay::ReadOn(KafkaReader& reader, FeedBatch& batch) {
  bool is_checked = request_.may_know_less;
  while (!AllDone()) {
    if (stop_.IsSet()) return absl::CancelledError("it was stopped");
    const KafkaBatch polled = reader.Poll(kPollRecordsMax, kPoll);
    for (const KafkaEvent& event : polled.events) {
      RETURN_IF_ERROR(TakeEvent(event));
    }
    for (const KafkaRecord& record : polled.records) {
      RETURN_IF_ERROR(TakeRecord(record, batch));
      if (batch.full()) RETURN_IF_ERROR(Write(batch));
    }
    for (const KafkaEnd& end : polled.ends) {
      const auto part =
          partitions_.find({std::string(end.topic), end.partition});
      if (part != partitions_.end()) part->second.last = end.last;
    }
    NotePassed(reader);
    RETURN_IF_ERROR(Write(batch));
    RETURN_IF_ERROR(HoldThoseAhead(reader));
    // As soon as it is known, for reading it all may take hours.
    const bool is_known = std::all_of(
        partitions_.begin(), partitions_.end(), [](const auto& one) {
          return one.second.done || one.second.first_micros.has_value();
        });
    if (!is_checked && is_known) {
      RETURN_IF_ERROR(CheckKnowsNoLess());
      is_checked = true;
    }
  }
  return absl::OkStatus();
}

absl::Status TopicReplay::TakeEvent(const KafkaEvent& event) {
  const auto found = partitions_.find({event.topic, event.partition});
  const auto say = [&](bool trouble) {
    parts_.say(
        fmt::format("view '{}', made anew: {}", request_.view, Describe(event)),
        trouble);
  };
  switch (event.kind) {
    case Event::kGap:
    case Event::kChanged:
      return DataLoss("STREAM_GAP: {}", Describe(event));
    case Event::kMissing:
    case Event::kFailed:
      say(/*trouble=*/true);
      return absl::OkStatus();
    case Event::kStarted:
    case Event::kAppeared:
      break;
    default:
      return absl::OkStatus();
  }
  say(/*trouble=*/false);
  if (found == partitions_.end()) return absl::OkStatus();
  Part& part = found->second;
  if (event.end < part.until.next) {
    return DataLoss(
        "STREAM_GAP: partition {} of topic '{}' ends at offset {}, and was "
        "read until {}: it is another",
        event.partition, event.topic, event.end, part.until.next);
  }
  part.all_kept = event.wanted == 0;
  part.is_cut = event.wanted == event.first;
  return absl::OkStatus();
}

absl::Status TopicReplay::TakeRecord(const KafkaRecord& record,
                                     FeedBatch& batch) {
  const auto found =
      partitions_.find({std::string(record.topic), record.partition});
  if (found == partitions_.end()) return absl::OkStatus();
  Part& part = found->second;
  if (record.offset >= part.until.next) return absl::OkStatus();
  const auto& last = part.until.last;
  if (last && last->offset == record.offset &&
      last->hash != RecordHash(record)) {
    return DataLoss(
        "STREAM_GAP: offset {} of partition {} of topic '{}' is another record "
        "than was read",
        record.offset, record.partition, std::string(record.topic));
  }
  const int64_t now_micros = build_->past()->until_micros();
  const int64_t came_micros = record.timestamp_type == KafkaTime::kNone
                                  ? now_micros
                                  : record.timestamp_micros;
  if (!part.first_micros) part.first_micros = came_micros;
  part.at_micros = std::max(part.at_micros, came_micros);
  const size_t events = batch.events();
  auto added = batch.Add(record, now_micros);
  while (!added.ok()) {
    if (stop_.WaitFor(kReadAgainAfter)) {
      return absl::CancelledError("it was stopped");
    }
    added = batch.Add(record, now_micros);
  }
  // What is no event was a dead letter when it was read.
  if (batch.events() > events) came_micros_.push_back(came_micros);
  return absl::OkStatus();
}

std::vector<uint8_t> TopicReplay::LeftOut(const LoggedEvents& events) {
  std::vector<uint8_t> left_out(events.events.rows);
  if (ids_ != nullptr) {
    ForEachId(events, build_->plan().source.id_field,
              [&](size_t row, std::string_view id) {
                left_out[row] = ids_->Add(id, came_micros_[row]);
              });
  }
  if (forgotten_->keys().empty()) return left_out;
  EventEvaluator evaluated(build_->plan().windows->event);
  evaluated.Evaluate(events.events);
  std::string key;
  for (size_t row = 0; row < left_out.size(); ++row) {
    if (evaluated.Refusal(row) || !evaluated.KeyOf(row, key)) continue;
    if (forgotten_->Hides(key, came_micros_[row])) left_out[row] = 1;
  }
  return left_out;
}

absl::Status TopicReplay::Write(FeedBatch& batch) {
  if (batch.events() > 0) {
    const LoggedEvents events = batch.ToLog();
    build_->past()->Collect(events, LeftOut(events));
    batch.Clear();
    came_micros_.clear();
  }
  int64_t left = 0;
  for (const auto& [partition, part] : partitions_) left += part.left;
  absl::Status status;
  parts_.views->upkeep().Use([&](ViewGenerations& generations, LiveApplier&) {
    status = CheckIsMade(generations);
    if (status.ok()) status = build_->past()->Write();
    if (status.ok()) generations.replays().NotePast(*build_, left);
  });
  return status;
}

absl::Status TopicReplay::CheckIsMade(ViewGenerations& generations) const {
  if (generations.replays().IsMade(*build_)) return absl::OkStatus();
  return absl::AbortedError("it was defined anew, or somebody was forgotten");
}

void TopicReplay::NotePassed(const KafkaReader& reader) {
  for (const KafkaPartitionState& at : reader.Partitions()) {
    const auto found = partitions_.find({at.topic, at.partition});
    if (found == partitions_.end() || at.position < 0) continue;
    Part& part = found->second;
    part.left = std::max<int64_t>(0, part.until.next - at.position);
    part.done |= part.left == 0;
  }
}

// The ids of what is ahead are remembered until the rest is there, too.
absl::Status TopicReplay::HoldThoseAhead(KafkaReader& reader) {
  if (ids_ == nullptr) return absl::OkStatus();
  int64_t slowest = std::numeric_limits<int64_t>::max();
  for (const auto& [partition, part] : partitions_) {
    if (!part.done) slowest = std::min(slowest, part.at_micros);
  }
  ids_->Forget(slowest);
  const bool is_crowded = ids_->size() > parts_.ids_max;
  const bool has_room = ids_->size() < parts_.ids_max / 2;
  for (auto& [partition, part] : partitions_) {
    const bool held =
        part.at_micros > slowest && (is_crowded || (part.held && !has_room));
    if (held == part.held || part.done) continue;
    part.held = held;
    RETURN_IF_ERROR(reader.Restart(
        partition.first, partition.second,
        held ? KafkaStart::Nowhere() : KafkaStart::After(part.last)));
  }
  return absl::OkStatus();
}

bool TopicReplay::AllDone() const {
  return std::all_of(partitions_.begin(), partitions_.end(),
                     [](const auto& one) { return one.second.done; });
}

int64_t TopicReplay::WholeFrom() const {
  const int64_t skew_micros = build_->plan().source.max_future_skew_micros;
  int64_t whole_from_micros = 0;
  for (const auto& [partition, part] : partitions_) {
    if (part.all_kept) continue;
    int64_t from_micros = request_.from_micros.value_or(0);
    // What was there before its first record is gone.
    if (part.is_cut) {
      from_micros =
          std::max(from_micros,
                   part.first_micros.value_or(build_->past()->until_micros()));
    }
    whole_from_micros = std::max(whole_from_micros, from_micros + skew_micros);
  }
  return whole_from_micros;
}

absl::Status TopicReplay::CheckKnowsNoLess() const {
  absl::Status status;
  parts_.views->upkeep().Use([&](ViewGenerations& generations, LiveApplier&) {
    status = CheckIsMade(generations);
    if (!status.ok()) return;
    const int64_t whole_from_micros = WholeFrom();
    const int64_t has_micros = generations.replays().KnownBefore(*build_);
    if (whole_from_micros <= has_micros) return;
    status = FailedPrecondition(
        "its windows have all from {} on, and would have from {} on: further "
        "back the topics do not go; --know-less does it all the same",
        FormatTimestamp(has_micros), FormatTimestamp(whole_from_micros));
  });
  return status;
}

absl::Status TopicReplay::EndPast() {
  if (!request_.may_know_less) RETURN_IF_ERROR(CheckKnowsNoLess());
  ASSIGN_OR_RETURN(const auto forgotten, parts_.forgotten());
  if (forgotten != forgotten_->keys()) {
    GiveUp();
    return absl::AbortedError("somebody was forgotten");
  }
  absl::Status status;
  parts_.views->upkeep().Use([&](ViewGenerations& generations, LiveApplier&) {
    status = CheckIsMade(generations);
    if (status.ok()) build_->past()->End(WholeFrom());
  });
  return status;
}

}  // namespace freshet
