// SPDX-License-Identifier: Apache-2.0
#include "ingest/live/live_applier.h"

#include <algorithm>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/status.h"
#include "features/streams/row_collector.h"
#include "features/streams/tile_collector.h"
#include "ingest/change_log/parked_events.h"
#include "ingest/change_log/source_ids.h"
#include "ingest/change_log/source_positions.h"
#include "ingest/live/fitted_events.h"
#include "storage/change_log/log_record.h"
#include "storage/live/coverage.h"

namespace freshet {
namespace {

// So many bytes of records are applied together when the log is read again:
// their blocks are in memory until then.
constexpr size_t kReplayBytes = 16 << 20;

// A record has fewer events.
constexpr int kRowBits = 20;

// Events that stand in no log of their own stand in ours.
void PlaceInLog(uint64_t number, EventBatch& events) {
  if (!events.offsets.empty()) return;
  events.partitions.assign(events.rows, 0);
  for (size_t row = 0; row < events.rows; ++row) {
    events.offsets.push_back(static_cast<int64_t>(number << kRowBits | row));
  }
}

// One that is not a view's.
absl::StatusOr<LiveGeneration::Ptr> OwnGeneration(LiveStore& store,
                                                  uint64_t number) {
  const auto generations = store.generations();
  if (const auto found = generations.find(number); found != generations.end()) {
    return found->second;
  }
  return store.Add(number);
}

// Requires: a view of windows, and an event with a time.
int64_t TimeIn(const LiveView& view, const EventBatch& events, size_t row) {
  return events.fields[view.plan->event.timestamp_field].integers[row];
}

EventOutcome BesidesHistory(const LiveView& view, const EventBatch& events,
                            size_t row, EventOutcome outcome) {
  if (outcome != EventOutcome::kAdded || view.plan == nullptr ||
      view.coverage == nullptr) {
    return outcome;
  }
  return view.coverage->IsOfHistory(TimeIn(view, events, row))
             ? EventOutcome::kBeforeCutover
             : outcome;
}

// A view with what is collected for it.
struct Applied {
  explicit Applied(LiveView live_view) : view(std::move(live_view)) {
    if (view.rows != nullptr) {
      collector = std::make_unique<RowCollector>(*view.rows);
    } else {
      collector = std::make_unique<TileCollector>(*view.plan);
    }
  }

  LiveView view;
  std::unique_ptr<EventCollector> collector;
  OutcomeCounts outcomes = {};
};

}  // namespace

struct LiveApplier::Parts {
  Parts(ChangeLog& change_log, LiveStore& live_store, ParkedEvents events,
        SourcePositions read)
      : log(change_log),
        store(live_store),
        parked(std::move(events)),
        positions(std::move(read)) {}

  absl::Status SetViews(std::vector<LiveView> given);
  absl::Status CheckLog() const;
  absl::Status ApplyLog();
  absl::Status Take(const std::vector<std::string>& records,
                    const std::vector<LogRecord>& decoded);
  absl::Status Apply(uint64_t number, const LogRecord& record);
  // `waited`: they came before, and were parked.
  void ApplyEvents(uint64_t number, const LoggedEvents& logged, bool waited,
                   std::span<const uint8_t> duplicates);
  absl::Status ApplyRelease(uint64_t number, const ReleaseRecord& release);
  absl::Status ApplyErase(uint64_t number, const EraseRecord& erase);
  // Commits what was applied before the record.
  absl::Status CommitBefore(uint64_t number);
  absl::Status Commit(uint64_t until);

  ChangeLog& log;
  LiveStore& store;
  ParkedEvents parked;
  SourcePositions positions;
  SourceIds ids;
  int64_t last_micros = 0;                      // The time of the last record.
  std::vector<std::unique_ptr<Applied>> views;  // A collector stays in place.
  std::map<std::string, std::vector<Applied*>> views_of_source;
  LiveBatch batch;
  absl::Status failed;  // What ended it; OK: nothing did.
};

absl::Status LiveApplier::Parts::SetViews(std::vector<LiveView> given) {
  views.clear();
  views_of_source.clear();
  for (LiveView& view : given) {
    CHECK(view.generation->number() > kPositionsGeneration);
    views.push_back(std::make_unique<Applied>(std::move(view)));
    views_of_source[views.back()->view.source.name].push_back(
        views.back().get());
  }
  std::vector<StreamSource> sources;
  for (const auto& [name, of_source] : views_of_source) {
    sources.push_back(of_source.back()->view.source);
  }
  return ids.SetSources(sources, log, store.applied() + 1);
}

void LiveApplier::Parts::ApplyEvents(uint64_t number,
                                     const LoggedEvents& logged, bool waited,
                                     std::span<const uint8_t> duplicates) {
  const auto found = views_of_source.find(logged.source);
  if (found == views_of_source.end()) return;
  std::map<size_t, int64_t> future;  // Times, by row.
  for (Applied* applied : found->second) {
    const LiveView& view = applied->view;
    if (number < view.first_record) continue;
    if (waited && view.rows != nullptr) continue;  // It took them at once.
    const FittedEvents fitted(view.source, logged);
    const EventBatch& events = fitted.batch();
    const std::vector<EventOutcome>& outcomes =
        applied->collector->Add(events, logged.arrival_micros, duplicates);
    for (size_t row = 0; row < outcomes.size(); ++row) {
      ++applied->outcomes[static_cast<size_t>(
          BesidesHistory(view, events, row, outcomes[row]))];
      if (outcomes[row] != EventOutcome::kFuture) continue;
      future[row] = TimeIn(view, events, row);
    }
  }
  for (const auto& [row, time_micros] : future) {
    parked.Park(logged, row, {time_micros, number}, batch);
  }
}

// What waits may wait since the record before.
absl::Status LiveApplier::Parts::ApplyRelease(uint64_t number,
                                              const ReleaseRecord& release) {
  RETURN_IF_ERROR(CommitBefore(number));
  const auto apply = [&](const LoggedEvents& event) {
    // What came twice was not parked.
    ApplyEvents(number, event, /*waited=*/true, {});
  };
  return parked.Release(release.before_micros, batch, apply);
}

// What is to be erased may be in no more than the record before.
absl::Status LiveApplier::Parts::ApplyErase(uint64_t number,
                                            const EraseRecord& erase) {
  RETURN_IF_ERROR(CommitBefore(number));
  const auto generations = store.generations();
  const auto generation = generations.find(erase.generation);
  if (generation == generations.end()) return absl::OkStatus();
  for (const std::string& key : erase.keys) {
    batch.Delete(*generation->second, key);
  }
  return absl::OkStatus();
}

absl::Status LiveApplier::Parts::CommitBefore(uint64_t number) {
  return store.applied() + 1 < number ? Commit(number - 1) : absl::OkStatus();
}

absl::Status LiveApplier::Parts::Apply(uint64_t number,
                                       const LogRecord& record) {
  last_micros = TimeOf(record);
  if (const auto* release = std::get_if<ReleaseRecord>(&record)) {
    return ApplyRelease(number, *release);
  }
  if (const auto* forget = std::get_if<ForgetRecord>(&record)) {
    positions.Forget(forget->source, batch);
    return absl::OkStatus();
  }
  if (const auto* erase = std::get_if<EraseRecord>(&record)) {
    return ApplyErase(number, *erase);
  }
  // What is told to who asks is kept with the generations.
  if (std::holds_alternative<LossRecord>(record)) return absl::OkStatus();
  const LoggedEvents& logged = std::get<LoggedEvents>(record);
  positions.Take(logged, batch);
  ApplyEvents(number, logged, /*waited=*/false, ids.Take(number, logged));
  return absl::OkStatus();
}

absl::Status LiveApplier::Parts::Commit(uint64_t until) {
  for (const auto& applied : views) {
    applied->collector->Take([&](std::string_view key, std::string_view value) {
      batch.Merge(*applied->view.generation, key, value);
    });
  }
  RETURN_IF_ERROR(store.Apply(batch, until));
  batch.Clear();
  return absl::OkStatus();
}

absl::Status LiveApplier::Parts::CheckLog() const {
  const uint64_t from = store.applied() + 1;
  if (from >= log.first() && from <= log.next()) return absl::OkStatus();
  return DataLoss(
      "the live store holds the changes up to {}, and the change log those "
      "from {} to {}: they are not of the same time",
      from - 1, log.first(), log.next() - 1);
}

absl::Status LiveApplier::Parts::ApplyLog() {
  const uint64_t from = store.applied() + 1;
  if (from == log.next()) return absl::OkStatus();
  absl::Status status;
  size_t bytes = 0;
  const auto apply = [&](uint64_t number, std::string_view record) {
    ASSIGN_OR_RETURN(const LogRecord decoded, DecodeRecord(record));
    RETURN_IF_ERROR(Apply(number, decoded));
    bytes += record.size();
    if (bytes < kReplayBytes && number + 1 < log.next()) {
      return absl::OkStatus();
    }
    bytes = 0;
    return Commit(number);
  };
  RETURN_IF_ERROR(log.Read(from, [&](uint64_t number, std::string_view record) {
    status = apply(number, record);
    return status.ok();
  }));
  return status;
}

absl::Status LiveApplier::Parts::Take(const std::vector<std::string>& records,
                                      const std::vector<LogRecord>& decoded) {
  RETURN_IF_ERROR(failed);
  const std::vector<std::string_view> bytes(records.begin(), records.end());
  uint64_t number = log.next();
  absl::Status status = log.Append(bytes);
  if (absl::IsInvalidArgument(status)) return status;
  for (size_t i = 0; status.ok() && i < decoded.size(); ++i) {
    status = Apply(number++, decoded[i]);
  }
  if (status.ok()) status = Commit(number - 1);
  failed = status;
  return status;
}

LiveApplier::LiveApplier(std::unique_ptr<Parts> parts)
    : parts_(std::move(parts)) {}
LiveApplier::~LiveApplier() = default;

absl::StatusOr<std::unique_ptr<LiveApplier>> LiveApplier::Open(
    ChangeLog& log, LiveStore& store, std::vector<LiveView> views) {
  ASSIGN_OR_RETURN(const LiveGeneration::Ptr waiting,
                   OwnGeneration(store, kParkedGeneration));
  ASSIGN_OR_RETURN(ParkedEvents parked, ParkedEvents::Open(waiting));
  ASSIGN_OR_RETURN(const LiveGeneration::Ptr read,
                   OwnGeneration(store, kPositionsGeneration));
  ASSIGN_OR_RETURN(SourcePositions positions, SourcePositions::Open(read));
  auto parts = std::make_unique<Parts>(log, store, std::move(parked),
                                       std::move(positions));
  RETURN_IF_ERROR(parts->CheckLog());
  RETURN_IF_ERROR(parts->SetViews(std::move(views)));
  RETURN_IF_ERROR(parts->ApplyLog());
  if (log.first() < log.next()) {
    ASSIGN_OR_RETURN(parts->last_micros, TimeOfRecord(log, log.next() - 1));
  }
  return std::unique_ptr<LiveApplier>(new LiveApplier(std::move(parts)));
}

absl::Status LiveApplier::SetViews(
    std::vector<LiveView> views, const std::function<absl::Status()>& commit) {
  absl::Status status = parts_->SetViews(std::move(views));
  if (status.ok() && commit) status = commit();
  // It knows half of the ids that came, or the disk does not know of it.
  parts_->failed.Update(status);
  return status;
}

absl::Status LiveApplier::Append(std::vector<LoggedEvents> batches) {
  std::vector<std::string> records;
  std::vector<LogRecord> decoded;
  uint64_t number = parts_->log.next();
  for (LoggedEvents& events : batches) {
    PlaceInLog(number++, events.events);
    events.arrival_micros =
        std::max(events.arrival_micros, parts_->last_micros);
    records.push_back(EncodeRecord(events));
    decoded.emplace_back(std::move(events));
  }
  return records.empty() ? absl::OkStatus() : parts_->Take(records, decoded);
}

absl::Status LiveApplier::Append(EraseRecord erase) {
  erase.at_micros = std::max(erase.at_micros, parts_->last_micros);
  std::string bytes = EncodeRecord(erase);
  return parts_->Take({std::move(bytes)}, {std::move(erase)});
}

absl::Status LiveApplier::Append(LossRecord loss) {
  loss.at_micros = std::max(loss.at_micros, parts_->last_micros);
  std::string bytes = EncodeRecord(loss);
  return parts_->Take({std::move(bytes)}, {std::move(loss)});
}

absl::Status LiveApplier::Release(int64_t now_micros) {
  const auto oldest = parts_->parked.oldest_micros();
  if (!oldest || *oldest >= now_micros) return absl::OkStatus();
  const ReleaseRecord release{.before_micros =
                                  std::max(now_micros, parts_->last_micros)};
  return parts_->Take({EncodeRecord(release)}, {release});
}

std::vector<PartitionPosition> LiveApplier::positions(
    const std::string& source) const {
  return parts_->positions.Of(source);
}

absl::Status LiveApplier::KeepPositions(const std::set<std::string>& sources,
                                        int64_t now_micros) {
  for (const std::string& source : parts_->positions.Sources()) {
    if (sources.contains(source)) continue;
    const ForgetRecord forget{
        .at_micros = std::max(now_micros, parts_->last_micros),
        .source = source};
    RETURN_IF_ERROR(parts_->Take({EncodeRecord(forget)}, {forget}));
  }
  return absl::OkStatus();
}

void LiveApplier::Expire(int64_t now_micros) {
  for (const auto& applied : parts_->views) {
    const LiveView& view = applied->view;
    if (view.plan == nullptr) continue;
    for (const TileLevel level : view.plan->windows.levels()) {
      view.generation->KeepFrom(level,
                                view.plan->windows.KeptFrom(level, now_micros));
    }
  }
}

absl::StatusOr<uint64_t> LiveApplier::FirstNeeded() const {
  ASSIGN_OR_RETURN(const uint64_t flushed, parts_->store.flushed());
  return parts_->ids.FirstRead(parts_->log, flushed + 1);
}

ParkedEvents& LiveApplier::parked() { return parts_->parked; }

std::vector<OutcomeCounts> LiveApplier::outcomes() const {
  std::vector<OutcomeCounts> counts;
  for (const auto& applied : parts_->views) counts.push_back(applied->outcomes);
  return counts;
}

}  // namespace freshet
