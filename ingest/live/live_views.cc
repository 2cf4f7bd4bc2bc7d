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
#include "ingest/change_log/log_trim.h"
#include "ingest/live/live_erasure.h"
#include "ingest/live/live_plan.h"
#include "ingest/live/paused_sources.h"
#include "ingest/live/view_generations.h"

namespace freshet {
namespace {

// How old what is known of free space may be.
constexpr std::chrono::milliseconds kDiskLookEvery(500);

// Of the log, what is gone through while nobody can write: some milliseconds.
constexpr int64_t kBuiltInStepBytes = 128 << 10;

std::string StoreDir(const std::string& dir) { return dir + "/live"; }

std::set<std::string> SourcesOf(const ViewGenerations& generations) {
  std::set<std::string> sources;
  for (const ViewGenerations::View& view : generations.views()) {
    sources.insert(view.plan.source.name);
  }
  return sources;
}

}  // namespace

struct LiveViews::Parts {
  Parts(Options given, const Clock& now)
      : options(std::move(given)), clock(now) {}

  absl::Status Open(const AppliedViews& applied, StoreResources& resources);
  absl::Status Apply(const AppliedViews& applied, LiveApplier& live_applier);
  // From now on these, with what is made until now.
  absl::Status Use(std::vector<LivePlan> plans, LiveApplier& live_applier);
  absl::StatusOr<bool> Build(int64_t bytes);
  absl::Status BuildShort(LiveApplier& live_applier);
  absl::Status MarkUnread(const std::set<std::string>& had,
                          LiveApplier& live_applier);
  void Publish(const Definitions& definitions) ABSL_LOCKS_EXCLUDED(mu);
  absl::Status CheckDisk() ABSL_LOCKS_EXCLUDED(mu);
  absl::Status Trim();
  std::map<std::string, OutcomeCounts> Outcomes(
      const LiveApplier& live_applier) const;

  const Options options;
  const Clock& clock;
  std::unique_ptr<ChangeLog> log;
  std::optional<LogTrim> trim;
  std::unique_ptr<LiveStore> store;
  std::optional<ViewGenerations> generations;
  std::unique_ptr<LiveApplier> applier;
  // These are used where nothing is written meanwhile.
  int64_t flushed_log_bytes = 0;   // Of the log, when the store was flushed.
  std::vector<std::string> names;  // Of the applier's views.
  std::map<std::string, int64_t> whole_until;  // As LetRowsGo was told last.
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

// Of topics that were not read while nothing was made of their events, what
// came in the meantime may never be.
absl::Status LiveViews::Parts::MarkUnread(const std::set<std::string>& had,
                                          LiveApplier& live_applier) {
  std::set<std::string> marked = had;
  for (const ViewGenerations::View& view : generations->views()) {
    const StreamSource& source = view.plan.source;
    if (source.topics() == nullptr || !marked.insert(source.name).second) {
      continue;
    }
    RETURN_IF_ERROR(generations->MarkLost(
        {.source = source.name,
         .before_micros = clock.NowMicros() + source.max_future_skew_micros},
        live_applier));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> LiveViews::Parts::Build(int64_t bytes) {
  uint64_t erased = 0;
  for (const ErasedEntity& one : erasure->List()) {
    erased = std::max(erased, one.last_record);
  }
  return generations->Build(bytes, erased);
}

absl::Status LiveViews::Parts::Use(std::vector<LivePlan> plans,
                                   LiveApplier& live_applier) {
  RETURN_IF_ERROR(generations->Prepare(std::move(plans), &live_applier));
  outcomes = Outcomes(live_applier);
  ViewGenerations::Next next = generations->next();
  names = std::move(next.names);
  return live_applier.SetViews(std::move(next.views),
                               [this] { return generations->Commit(); });
}

void LiveViews::Parts::Publish(const Definitions& definitions) {
  whole_until.clear();  // Of views that may have had a source then.
  auto next = std::make_shared<ServedViews>();
  for (const StreamSource& source : definitions.stream_sources) {
    next->sources.emplace(source.name, source);
  }
  for (const ViewGenerations::View& view : generations->views()) {
    const LivePlan& plan = view.plan;
    if (plan.rows != nullptr) {
      view.used->generation->KeepRowsAfter(std::nullopt);
      next->rows.push_back({plan.view, plan.entities, plan.source.name,
                            plan.rows, view.used->generation});
      continue;
    }
    LiveWindows& windows = next->windows.emplace_back();
    windows.name = plan.view;
    windows.entities = plan.entities;
    windows.source = plan.source.name;
    windows.plan = plan.windows;
    windows.records_left = view.left;
    if (!view.used) {
      windows.generation = view.build->generations().tiles;
      windows.coverage = std::make_shared<Coverage>(Coverage::kNothing);
      continue;
    }
    windows.generation = view.used->generation;
    windows.coverage = view.used->coverage;
    if (view.build != nullptr) {
      windows.plan = std::make_shared<const WindowedViewPlan>(
          AnsweredFrom(*view.used->plan.windows, *plan.windows));
    }
  }
  MutexLock lock(mu);
  served = std::move(next);
}

absl::Status LiveViews::Parts::Open(const AppliedViews& applied,
                                    StoreResources& resources) {
  ASSIGN_OR_RETURN(std::vector<LivePlan> plans, LivePlansOf(applied));
  ASSIGN_OR_RETURN(log,
                   ChangeLog::Open(ChangeLogDir(options.dir), options.log));
  trim.emplace(
      *log, LogTrim::Options{.dir = options.dir,
                             .copied_bytes_max = options.log_copied_bytes_max,
                             // Before nothing is taken any more.
                             .free_bytes_min = 2 * options.disk_reserve_bytes});
  ASSIGN_OR_RETURN(
      store, LiveStore::Open(StoreDir(options.dir), options.store, resources));
  generations.emplace(ViewGenerations::Parts{log.get(), store.get(), &clock});
  RETURN_IF_ERROR(generations->Prepare(std::move(plans), nullptr));
  ViewGenerations::Next next = generations->next();
  names = std::move(next.names);
  ASSIGN_OR_RETURN(applier, LiveApplier::Open(*log, *store, next.views));
  RETURN_IF_ERROR(generations->Commit());
  RETURN_IF_ERROR(applier->KeepPositions(SourceNames(applied.definitions),
                                         clock.NowMicros()));
  writer = std::make_unique<LiveWriter>(*applier, clock, options.writer);
  ASSIGN_OR_RETURN(erasure, LiveErasure::Open({log.get(), &*trim, store.get(),
                                               writer.get(), &clock}));
  ASSIGN_OR_RETURN(paused, PausedSources::Open(*store, *writer));
  absl::Status status;
  writer->Use([&](LiveApplier& live_applier) {
    std::set<std::string> had;
    for (const LiveView& view : next.views) had.insert(view.source.name);
    status = MarkUnread(had, live_applier);
    if (status.ok()) status = BuildShort(live_applier);
    if (status.ok()) Publish(applied.definitions);
  });
  return status;
}

// A short log is gone through at once.
absl::Status LiveViews::Parts::BuildShort(LiveApplier& live_applier) {
  if (!generations->IsBuilding()) return absl::OkStatus();
  RETURN_IF_ERROR(Build(options.built_at_once_bytes).status());
  if (!generations->IsBuilt()) return absl::OkStatus();
  std::vector<LivePlan> plans;
  for (const ViewGenerations::View& view : generations->views()) {
    plans.push_back(view.plan);
  }
  return Use(std::move(plans), live_applier);
}

// Nothing else is written meanwhile.
absl::Status LiveViews::Parts::Apply(const AppliedViews& applied,
                                     LiveApplier& live_applier) {
  ASSIGN_OR_RETURN(std::vector<LivePlan> plans, LivePlansOf(applied));
  // What came until now is made by the plans that there were, also after a
  // crash, which would read it from the log again.
  RETURN_IF_ERROR(store->Flush());
  // The last records too of what is nearly made.
  RETURN_IF_ERROR(Build(kBuiltInStepBytes).status());
  const std::set<std::string> had = SourcesOf(*generations);
  RETURN_IF_ERROR(Use(std::move(plans), live_applier));
  RETURN_IF_ERROR(MarkUnread(had, live_applier));
  RETURN_IF_ERROR(live_applier.KeepPositions(SourceNames(applied.definitions),
                                             clock.NowMicros()));
  RETURN_IF_ERROR(BuildShort(live_applier));
  Publish(applied.definitions);
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

// Flushes while events are taken on.
absl::Status LiveViews::Parts::Trim() {
  int64_t bytes = 0;
  absl::Status status;
  bool is_due = false;
  writer->Use([&](LiveApplier& live_applier) {
    bytes = log->bytes();
    // Somebody else may have trimmed it.
    flushed_log_bytes = std::min(flushed_log_bytes, bytes);
    is_due = bytes - flushed_log_bytes >= options.log_unflushed_bytes;
    if (is_due) return;
    const auto needed = generations->FirstNeeded(live_applier);
    status = needed.ok() ? trim->TrimAgain(*needed) : needed.status();
  });
  if (!is_due) return status;
  RETURN_IF_ERROR(store->Flush());
  writer->Use([&](LiveApplier& live_applier) {
    // What came meanwhile is not flushed.
    const int64_t since = log->bytes() - bytes;
    if (log->bytes() > options.log_kept_bytes) {
      const auto needed = generations->FirstNeeded(live_applier);
      status = needed.ok() ? trim->Trim(*needed) : needed.status();
    }
    flushed_log_bytes = log->bytes() - since;
  });
  return status;
}

LiveViews::LiveViews(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
LiveViews::~LiveViews() = default;

std::string ChangeLogDir(const std::string& dir) { return dir + "/change_log"; }

bool HasLiveState(const std::string& dir) {
  return PathExists(ChangeLogDir(dir)) || PathExists(StoreDir(dir));
}

absl::StatusOr<std::unique_ptr<LiveViews>> LiveViews::Open(
    Options options, const AppliedViews& applied, StoreResources& resources,
    const Clock& clock) {
  auto parts = std::make_unique<Parts>(std::move(options), clock);
  RETURN_IF_ERROR(parts->Open(applied, resources));
  return std::unique_ptr<LiveViews>(new LiveViews(std::move(parts)));
}

absl::Status LiveViews::Apply(const AppliedViews& applied) {
  absl::Status status;
  parts_->writer->Use(
      [&](LiveApplier& applier) { status = parts_->Apply(applied, applier); });
  return status;
}

absl::StatusOr<LiveViews::BuildState> LiveViews::Upkeep::Build() {
  absl::StatusOr<BuildState> state = BuildState::kNothing;
  Use([&](ViewGenerations& generations, LiveApplier&) {
    if (!generations.IsBuilding()) return;
    const auto more = views_.parts_->Build(kBuiltInStepBytes);
    if (!more.ok()) {
      state = more.status();
    } else if (*more) {
      state = generations.IsBuilt() ? BuildState::kReady : BuildState::kGoesOn;
    }
  });
  return state;
}

std::shared_ptr<const ServedViews> LiveViews::served() const {
  MutexLock lock(parts_->mu);
  return parts_->served;
}

void LiveViews::Upkeep::Use(
    const std::function<void(ViewGenerations&, LiveApplier&)>& use) {
  views_.parts_->writer->Use(
      [&](LiveApplier& applier) { use(*views_.parts_->generations, applier); });
}

const ChangeLog& LiveViews::Upkeep::log() const { return *views_.parts_->log; }
LogTrim& LiveViews::Upkeep::trim() const { return *views_.parts_->trim; }

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
  views_.upkeep().Use([&](ViewGenerations& generations, LiveApplier& applier) {
    status = generations.MarkLost({source, before_micros, true}, applier);
  });
  return status;
}

PausedSources& LiveViews::Progress::paused() const {
  return *views_.parts_->paused;
}

absl::Status LiveViews::Upkeep::Tidy() { return views_.parts_->Trim(); }

void LiveViews::Upkeep::LetRowsGo(
    std::map<std::string, int64_t> whole_until_micros) {
  Parts& parts = *views_.parts_;
  parts.writer->Use([&](LiveApplier&) {
    std::swap(parts.whole_until, whole_until_micros);
    for (const LiveRowsView& view : views_.served()->rows) {
      const auto before = whole_until_micros.find(view.name);
      const auto now = parts.whole_until.find(view.name);
      std::optional<int64_t> until;
      if (before != whole_until_micros.end() &&
          now != parts.whole_until.end()) {
        until = std::min(before->second, now->second);
      }
      view.generation->KeepRowsAfter(until);
    }
  });
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
