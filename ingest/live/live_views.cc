// SPDX-License-Identifier: Apache-2.0
#include "ingest/live/live_views.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mutex.h"
#include "base/status.h"
#include "ingest/live/generation_about.h"
#include "ingest/live/live_erasure.h"
#include "ingest/live/live_plan.h"
#include "ingest/live/paused_sources.h"

namespace freshet {
namespace {

// How old what is known of free space may be.
constexpr std::chrono::milliseconds kDiskLookEvery(500);

std::string LogDir(const std::string& dir) { return dir + "/change_log"; }
std::string StoreDir(const std::string& dir) { return dir + "/live"; }

std::vector<std::string> NamesOf(const std::vector<LivePlan>& plans) {
  std::vector<std::string> names;
  for (const LivePlan& plan : plans) names.push_back(plan.view);
  return names;
}

// Also those that are read from no topic now: one that is again goes on where
// it was left, with what is made of its events.
std::set<std::string> SourceNames(const Definitions& definitions) {
  std::set<std::string> names;
  for (const StreamSource& source : definitions.stream_sources) {
    names.insert(source.name);
  }
  return names;
}

}  // namespace

struct LiveViews::Parts {
  Parts(Options given, const Clock& now)
      : options(std::move(given)), clock(now) {}

  absl::Status Open(const AppliedViews& applied, StoreResources& resources);
  absl::StatusOr<std::vector<LiveView>> Settle(
      const std::vector<LivePlan>& plans);
  absl::StatusOr<KnownGeneration> GenerationFor(const LivePlan& plan,
                                                const KnownGeneration* known);
  absl::StatusOr<KnownGeneration> Update(const LivePlan& plan,
                                         KnownGeneration known);
  void Publish(const Definitions& definitions,
               const std::vector<LivePlan>& plans,
               const std::vector<LiveView>& live);
  absl::Status MarkLost(const std::string& source, int64_t before_micros)
      ABSL_LOCKS_EXCLUDED(mu);
  std::shared_ptr<Coverage> CoverageOf(uint64_t generation)
      ABSL_LOCKS_EXCLUDED(mu);
  absl::Status CheckDisk() ABSL_LOCKS_EXCLUDED(mu);
  absl::Status Trim(LiveApplier& applier);
  std::map<std::string, OutcomeCounts> Outcomes(
      const LiveApplier& live_applier) const;

  const Options options;
  const Clock& clock;
  std::unique_ptr<ChangeLog> log;
  std::unique_ptr<LiveStore> store;
  std::unique_ptr<LiveApplier> applier;
  // These are used where nothing is written meanwhile.
  int64_t flushed_log_bytes = 0;  // Of the log, when the store was flushed.
  std::map<uint64_t, GenerationAbout> abouts;  // Of Settle, by generation.
  std::vector<std::string> names;              // Of the applier's views.
  // Of the views that the applier had before.
  std::map<std::string, OutcomeCounts> outcomes;

  mutable Mutex mu;
  std::shared_ptr<const ServedViews> served ABSL_GUARDED_BY(mu) =
      std::make_shared<const ServedViews>();
  std::optional<std::chrono::steady_clock::time_point> disk_looked_at
      ABSL_GUARDED_BY(mu);
  absl::Status disk ABSL_GUARDED_BY(mu);

  std::unique_ptr<LiveWriter> writer;    // Ends second.
  std::unique_ptr<LiveErasure> erasure;  // These end first.
  std::unique_ptr<PausedSources> paused;
};

absl::StatusOr<KnownGeneration> LiveViews::Parts::Update(
    const LivePlan& plan, KnownGeneration known) {
  const GenerationAbout stored = known.about;
  // An Apply that failed may have described it otherwise than it is used.
  const auto used = abouts.find(known.number);
  if (used != abouts.end()) known.about = used->second;
  TakeOver(plan, clock.NowMicros(), known.about);
  if (known.about == stored) return known;
  RETURN_IF_ERROR(store->Describe(known.number, EncodeAbout(known.about)));
  return known;
}

absl::StatusOr<KnownGeneration> LiveViews::Parts::GenerationFor(
    const LivePlan& plan, const KnownGeneration* known) {
  if (known != nullptr && IsOf(known->about, plan)) return Update(plan, *known);
  const auto generations = store->generations();
  const uint64_t last = generations.empty() ? 0 : generations.rbegin()->first;
  KnownGeneration made;
  made.number = std::max(last, LiveApplier::kPositionsGeneration) + 1;
  made.about = {
      .view = plan.view,
      .hash = plan.hash,
      .first_record = log->next(),
      .whole_from_micros =
          clock.NowMicros() + plan.source.max_future_skew_micros,
  };
  TakeOver(plan, clock.NowMicros(), made.about);
  RETURN_IF_ERROR(store->Add(made.number, EncodeAbout(made.about)).status());
  return made;
}

// Brings the store's generations in line with the plans. Nothing is appended to
// the log meanwhile.
absl::StatusOr<std::vector<LiveView>> LiveViews::Parts::Settle(
    const std::vector<LivePlan>& plans) {
  std::vector<uint64_t> unused;
  ASSIGN_OR_RETURN(const auto known, KnownGenerations(*store, unused));
  std::vector<LiveView> live;
  std::map<uint64_t, GenerationAbout> next;
  for (const LivePlan& plan : plans) {
    const auto found = known.find(plan.view);
    ASSIGN_OR_RETURN(
        const KnownGeneration settled,
        GenerationFor(plan, found == known.end() ? nullptr : &found->second));
    next[settled.number] = settled.about;
    live.push_back({.source = plan.source,
                    .plan = plan.windows,
                    .rows = plan.rows,
                    .generation = store->generations().at(settled.number),
                    .first_record = settled.about.first_record});
  }
  for (const auto& [name, had] : known) {
    if (!next.contains(had.number)) unused.push_back(had.number);
  }
  for (const uint64_t number : unused) RETURN_IF_ERROR(store->Drop(number));
  abouts = std::move(next);
  return live;
}

// Nothing is appended to the log meanwhile.
absl::Status LiveViews::Parts::MarkLost(const std::string& source,
                                        int64_t before_micros) {
  std::shared_ptr<const ServedViews> views;
  {
    MutexLock lock(mu);
    views = served;
  }
  for (const LiveWindows& view : views->windows) {
    if (view.source != source) continue;
    const auto about = abouts.find(view.generation->number());
    if (about == abouts.end() ||
        about->second.whole_from_micros >= before_micros) {
      continue;
    }
    GenerationAbout lost = about->second;
    lost.whole_from_micros = before_micros;
    RETURN_IF_ERROR(store->Describe(about->first, EncodeAbout(lost)));
    about->second = std::move(lost);
    view.coverage->LoseBefore(before_micros);
  }
  return absl::OkStatus();
}

// One object of a generation: requests that have it are to know of a loss.
std::shared_ptr<Coverage> LiveViews::Parts::CoverageOf(uint64_t generation) {
  auto coverage = std::make_shared<Coverage>();
  {
    MutexLock lock(mu);
    for (const LiveWindows& view : served->windows) {
      if (view.generation->number() == generation) coverage = view.coverage;
    }
  }
  const GenerationAbout& about = abouts.at(generation);
  coverage->LoseBefore(about.whole_from_micros);
  for (const auto& [level, kept] : about.levels) {
    coverage->LoseBefore(level, kept.whole_from_micros);
  }
  return coverage;
}

void LiveViews::Parts::Publish(const Definitions& definitions,
                               const std::vector<LivePlan>& plans,
                               const std::vector<LiveView>& live) {
  auto next = std::make_shared<ServedViews>();
  for (const StreamSource& source : definitions.stream_sources) {
    next->sources.emplace(source.name, source);
  }
  for (size_t i = 0; i < plans.size(); ++i) {
    const LivePlan& plan = plans[i];
    const LiveGeneration::Ptr& generation = live[i].generation;
    if (plan.rows != nullptr) {
      next->rows.push_back(
          {plan.view, plan.source.name, plan.rows, generation});
      continue;
    }
    next->windows.push_back({.name = plan.view,
                             .source = plan.source.name,
                             .plan = plan.windows,
                             .generation = generation,
                             .coverage = CoverageOf(generation->number())});
  }
  MutexLock lock(mu);
  served = std::move(next);
}

absl::Status LiveViews::Parts::Open(const AppliedViews& applied,
                                    StoreResources& resources) {
  ASSIGN_OR_RETURN(const std::vector<LivePlan> plans, LivePlansOf(applied));
  ASSIGN_OR_RETURN(log, ChangeLog::Open(LogDir(options.dir), options.log));
  ASSIGN_OR_RETURN(
      store, LiveStore::Open(StoreDir(options.dir), options.store, resources));
  ASSIGN_OR_RETURN(const std::vector<LiveView> live, Settle(plans));
  ASSIGN_OR_RETURN(applier, LiveApplier::Open(*log, *store, live));
  names = NamesOf(plans);
  RETURN_IF_ERROR(applier->KeepPositions(SourceNames(applied.definitions),
                                         clock.NowMicros()));
  Publish(applied.definitions, plans, live);
  writer = std::make_unique<LiveWriter>(*applier, clock, options.writer);
  ASSIGN_OR_RETURN(erasure, LiveErasure::Open({log.get(), store.get(),
                                               writer.get(), &clock}));
  ASSIGN_OR_RETURN(paused, PausedSources::Open(*store, *writer));
  return absl::OkStatus();
}

absl::Status LiveViews::Parts::CheckDisk() {
  const auto now = std::chrono::steady_clock::now();
  MutexLock lock(mu);
  if (disk_looked_at && now - *disk_looked_at < kDiskLookEvery) return disk;
  disk_looked_at = now;
  const absl::StatusOr<int64_t> free = FreeBytes(options.dir);
  if (!free.ok()) {
    disk = free.status();
  } else if (*free < options.disk_reserve_bytes) {
    disk = Unavailable(
        "{} bytes are free in '{}', and {} are kept free "
        "(settings.storage.disk_reserve)",
        *free, options.dir, options.disk_reserve_bytes);
  } else {
    disk = absl::OkStatus();
  }
  return disk;
}

std::map<std::string, OutcomeCounts> LiveViews::Parts::Outcomes(
    const LiveApplier& live_applier) const {
  std::map<std::string, OutcomeCounts> sums = outcomes;
  const std::vector<OutcomeCounts> now = live_applier.outcomes();
  for (size_t view = 0; view < now.size(); ++view) {
    OutcomeCounts& sum = sums[names[view]];
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += now[view][i];
  }
  return sums;
}

absl::Status LiveViews::Parts::Trim(LiveApplier& live_applier) {
  // Somebody else may have trimmed it.
  flushed_log_bytes = std::min(flushed_log_bytes, log->bytes());
  if (log->bytes() - flushed_log_bytes < options.log_unflushed_bytes) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(store->Flush());
  if (log->bytes() > options.log_kept_bytes) {
    ASSIGN_OR_RETURN(const uint64_t needed, live_applier.FirstNeeded());
    RETURN_IF_ERROR(log->Trim(needed));
  }
  flushed_log_bytes = log->bytes();
  return absl::OkStatus();
}

LiveViews::LiveViews(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
LiveViews::~LiveViews() = default;

bool HasLiveState(const std::string& dir) {
  return PathExists(LogDir(dir)) || PathExists(StoreDir(dir));
}

absl::StatusOr<std::unique_ptr<LiveViews>> LiveViews::Open(
    Options options, const AppliedViews& applied, StoreResources& resources,
    const Clock& clock) {
  auto parts = std::make_unique<Parts>(std::move(options), clock);
  RETURN_IF_ERROR(parts->Open(applied, resources));
  return std::unique_ptr<LiveViews>(new LiveViews(std::move(parts)));
}

absl::Status LiveViews::Apply(const AppliedViews& applied) {
  ASSIGN_OR_RETURN(const std::vector<LivePlan> plans, LivePlansOf(applied));
  absl::Status status;
  parts_->writer->Use([&](LiveApplier& applier) {
    // What came until now is made by the plans that there were, also after a
    // crash, which would read it from the log again.
    status = parts_->store->Flush();
    if (!status.ok()) return;
    absl::StatusOr<std::vector<LiveView>> live = parts_->Settle(plans);
    status = live.status();
    if (!status.ok()) return;
    parts_->outcomes = parts_->Outcomes(applier);
    parts_->names = NamesOf(plans);
    status = applier.SetViews(*live);
    if (status.ok()) {
      status = applier.KeepPositions(SourceNames(applied.definitions),
                                     parts_->clock.NowMicros());
    }
    if (status.ok()) parts_->Publish(applied.definitions, plans, *live);
  });
  return status;
}

std::shared_ptr<const ServedViews> LiveViews::served() const {
  MutexLock lock(parts_->mu);
  return parts_->served;
}

LiveErasure& LiveViews::erasure() { return *parts_->erasure; }

void LiveViews::Submit(LoggedEvents events, LiveWriter::Done done) {
  if (const absl::Status disk = parts_->CheckDisk(); !disk.ok()) {
    return done(disk);
  }
  parts_->writer->Submit(std::move(events), std::move(done));
}

absl::Status LiveViews::Release() { return parts_->writer->Release(); }
absl::Status LiveViews::health() const { return parts_->writer->health(); }

std::vector<PartitionPosition> LiveViews::Progress::Positions(
    const std::string& source) const {
  std::vector<PartitionPosition> positions;
  views_.parts_->writer->Use(
      [&](LiveApplier& applier) { positions = applier.positions(source); });
  return positions;
}

absl::Status LiveViews::Progress::MarkLost(const std::string& source,
                                           int64_t before_micros) {
  absl::Status status;
  views_.parts_->writer->Use([&](LiveApplier&) {
    status = views_.parts_->MarkLost(source, before_micros);
  });
  return status;
}

PausedSources& LiveViews::Progress::paused() const {
  return *views_.parts_->paused;
}

absl::Status LiveViews::Tidy() {
  absl::Status status;
  parts_->writer->Use(
      [&](LiveApplier& applier) { status = parts_->Trim(applier); });
  return status;
}

LiveViews::Stats LiveViews::stats() const {
  Stats stats{.log_bytes = parts_->log->bytes(),
              .records = parts_->log->next() - 1,
              .store = parts_->store->stats()};
  parts_->writer->Use([&](LiveApplier& applier) {
    stats.outcomes = parts_->Outcomes(applier);
  });
  return stats;
}

}  // namespace freshet
