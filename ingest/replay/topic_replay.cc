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
#include "ingest/live/live_applier.h"
#include "ingest/live/view_generations.h"
#include "ingest/registry/schema_registry.h"
#include "ingest/replay/replay_ids.h"

namespace freshet {
namespace {

using std::chrono::milliseconds;
using Event = KafkaEvent::Kind;
using State = ViewGenerations::Replays::State;

constexpr size_t kPollRecordsMax = 1'000;
constexpr milliseconds kPoll(100);
constexpr milliseconds kReadAgainAfter(1'000);
constexpr milliseconds kServedPoll(100);
// What comes meanwhile is not to wait for it.
constexpr int kNice = 10;

absl::Status Gone() {
  return absl::AbortedError("it was defined anew, or somebody was forgotten");
}

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
  parts_.views->upkeep().Use(
      [&](ViewGenerations& generations, LiveApplier& applier) {
        const auto begun = generations.replays().Begin(request_.view, applier);
        status = begun.status();
        if (!begun.ok()) return;
        build_ = *begun;
        const StreamSource& source = build_->plan().source;
        partitions_.emplace(
            source.topics()->topics, applier.positions(source.name),
            ReplayedPartitions::Range{request_.from_micros,
                                      build_->past()->until_micros()});
      });
  RETURN_IF_ERROR(status);
  if (partitions_->parts().empty()) {
    GiveUp();
    return FailedPrecondition(
        "nothing was read yet of the topics of source '{}'",
        build_->plan().source.name);
  }
  unreadable_ = 0;
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
    parts_.say(fmt::format("view '{}' is read from its topics again: {}",
                           request_.view, std::string(status.message())),
               /*trouble=*/false);
    status = BeginBuild();
    if (!status.ok()) break;
    parts_.changed();
    status = ReadAll();
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
  RETURN_IF_ERROR(EndPast());
  return WaitUntilServed();
}

absl::Status TopicReplay::ReadOn(KafkaReader& reader, FeedBatch& batch) {
  bool is_checked = request_.may_know_less;
  while (!partitions_->AllDone()) {
    if (stop_.IsSet()) return absl::CancelledError("it was stopped");
    const KafkaBatch polled = reader.Poll(kPollRecordsMax, kPoll);
    for (const KafkaEvent& event : polled.events) {
      RETURN_IF_ERROR(TakeEvent(event));
    }
    for (const KafkaRecord& record : polled.records) {
      RETURN_IF_ERROR(TakeRecord(record, batch));
      if (batch.full()) RETURN_IF_ERROR(Write(batch));
    }
    RETURN_IF_ERROR(partitions_->NoteRead(reader, polled));
    RETURN_IF_ERROR(Write(batch));
    RETURN_IF_ERROR(HoldThoseAhead(reader));
    // As soon as it is known, for reading it all may take hours.
    if (!is_checked && partitions_->AllBegun()) {
      RETURN_IF_ERROR(CheckKnowsNoLess());
      is_checked = true;
    }
  }
  return absl::OkStatus();
}

absl::Status TopicReplay::TakeEvent(const KafkaEvent& event) {
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
  return partitions_->Begin(event);
}

absl::Status TopicReplay::TakeRecord(const KafkaRecord& record,
                                     FeedBatch& batch) {
  ASSIGN_OR_RETURN(ReplayedPartitions::Part* const part,
                   partitions_->Take(record));
  if (part == nullptr) return absl::OkStatus();
  const size_t events = batch.events();
  ASSIGN_OR_RETURN(const bool is_event, AddTo(batch, record));
  if (is_event) {
    part->unreadable = 0;
  } else {
    ReplayedPartitions::NoteUnreadable(*part);
  }
  if (batch.events() == events) return absl::OkStatus();
  came_micros_.push_back(part->at_micros);
  // Where it is not known it may have come before anybody was forgotten.
  written_micros_.push_back(
      record.timestamp_type == KafkaTime::kNone
          ? 1
          : std::max<int64_t>(1, record.timestamp_micros));
  return absl::OkStatus();
}

// False: it is none.
absl::StatusOr<bool> TopicReplay::AddTo(FeedBatch& batch,
                                        const KafkaRecord& record) {
  std::string said;
  while (true) {
    const auto added = batch.Add(record, build_->past()->until_micros());
    if (added.ok()) {
      if (!*added) return true;
      if (unreadable_++ == 0) {
        first_unreadable_ = fmt::format(
            "offset {} of partition {} of topic '{}': {}", record.offset,
            record.partition, std::string(record.topic), (*added)->error);
      }
      return false;
    }
    const std::string message(added.status().message());
    if (message != std::exchange(said, message)) {
      parts_.say(fmt::format("view '{}', made anew, waits: {}", request_.view,
                             message),
                 /*trouble=*/true);
    }
    if (stop_.WaitFor(kReadAgainAfter)) {
      return absl::CancelledError("it was stopped");
    }
  }
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
    if (forgotten_->Hides(key, written_micros_[row])) left_out[row] = 1;
  }
  return left_out;
}

absl::Status TopicReplay::Write(FeedBatch& batch) {
  RETURN_IF_ERROR(parts_.may_write());
  if (batch.events() > 0) {
    const LoggedEvents events = batch.ToLog();
    build_->past()->Collect(events, LeftOut(events));
    batch.Clear();
    came_micros_.clear();
    written_micros_.clear();
  }
  const int64_t left = partitions_->records_left();
  absl::Status status;
  parts_.views->upkeep().Use([&](ViewGenerations& generations, LiveApplier&) {
    status = CheckIsMade(generations);
    if (status.ok()) status = build_->past()->Write();
    if (status.ok()) generations.replays().NotePast(*build_, left);
  });
  return status;
}

absl::Status TopicReplay::CheckIsMade(ViewGenerations& generations) const {
  if (generations.replays().Of(*build_) == State::kMade) {
    return absl::OkStatus();
  }
  return Gone();
}

// The ids of what is ahead are remembered until the rest is there, too.
absl::Status TopicReplay::HoldThoseAhead(KafkaReader& reader) {
  if (ids_ == nullptr) return absl::OkStatus();
  int64_t slowest = std::numeric_limits<int64_t>::max();
  for (const auto& [partition, part] : partitions_->parts()) {
    if (!part.done) slowest = std::min(slowest, part.at_micros);
  }
  ids_->Forget(slowest);
  if (ids_->size() > 8 * parts_.ids_max) {
    return ResourceExhausted(
        "{} ids of events would have to be remembered, for the timestamps of "
        "records do not tell which of them come again no more",
        ids_->size());
  }
  const bool is_crowded = ids_->size() > parts_.ids_max;
  const bool has_room = ids_->size() < parts_.ids_max / 2;
  for (auto& [partition, part] : partitions_->parts()) {
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

int64_t TopicReplay::WholeFrom() const {
  const int64_t since_micros = partitions_->WholeFrom();
  if (since_micros == 0) return 0;
  // What was written before may have happened so much later.
  return since_micros + build_->plan().source.max_future_skew_micros;
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
  if (status.ok() && unreadable_ > 0) {
    parts_.say(fmt::format("view '{}', made anew: {} records of its topics are "
                           "no events, the first at {}",
                           request_.view, unreadable_, first_unreadable_),
               /*trouble=*/true);
  }
  return status;
}

// The rest of the log is gone through by LiveViews::Upkeep::Build.
absl::Status TopicReplay::WaitUntilServed() {
  State state = State::kMade;
  while (state == State::kMade) {
    if (stop_.WaitFor(kServedPoll))
      return absl::CancelledError("it was stopped");
    parts_.views->upkeep().Use([&](ViewGenerations& generations, LiveApplier&) {
      state = generations.replays().Of(*build_);
    });
  }
  if (state == State::kServes) return absl::OkStatus();
  return Gone();
}

}  // namespace freshet
