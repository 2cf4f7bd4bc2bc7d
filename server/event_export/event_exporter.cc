// SPDX-License-Identifier: Apache-2.0
#include "server/event_export/event_exporter.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/status.h"
#include "ingest/change_log/log_trim.h"
#include "ingest/live/live_views.h"
#include "server/push/live_state.h"
#include "storage/json_fields.h"

namespace freshet {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Steady = std::chrono::steady_clock;

constexpr int64_t kSecond = 1'000'000;
// How soon it is tried again after it failed.
constexpr seconds kAgainAfter(60);
// Whether somebody waits is asked so often.
constexpr milliseconds kLookEvery(100);
// Old files go also where nothing comes.
constexpr int64_t kRemoveEveryMicros = 3'600 * kSecond;

constexpr size_t kMarkBytesMax = 64;

uint64_t RandomNumber() {
  std::random_device random;
  return static_cast<uint64_t>(random()) << 32 | random();
}

ExportProcess::Options ProcessOptions(const LoadSettings& load) {
  return {.executable = load.loader,
          .idle_timeout = seconds(load.idle_timeout_s)};
}

}  // namespace

EventExporter::EventExporter(Parts parts)
    : parts_(std::move(parts)),
      state_path_(parts_.storage_dir + "/event_export"),
      mark_path_(ChangeLogDir(parts_.storage_dir) + "/exported"),
      process_(ProcessOptions(parts_.load)) {
  stats_.directory = parts_.settings.directory;
  if (!parts_.settings.directory.empty()) {
    thread_ = std::thread([this] { Run(); });
  }
}

EventExporter::~EventExporter() {
  {
    MutexLock lock(mu_);
    stop_ = true;
    changed_.SignalAll();
  }
  process_.Cancel();
  if (thread_.joinable()) thread_.join();
}

EventExporter::Stats EventExporter::stats() const {
  uint64_t end = 0;
  if (LiveViews* views = parts_.live->views()) {
    end = views->upkeep().log().next();
  }
  MutexLock lock(mu_);
  Stats stats = stats_;
  if (next_ > 0 && next_ < end) {
    stats.records_left = static_cast<int64_t>(end - next_);
  }
  return stats;
}

absl::Status EventExporter::ExportNow(const std::function<bool()>& waits) {
  if (parts_.settings.directory.empty()) {
    return FailedPrecondition(
        "events are not written to files here: set "
        "settings.event_export.directory, and start the daemon again");
  }
  MutexLock lock(mu_);
  const uint64_t mine = ++asked_;
  changed_.SignalAll();
  while (done_ < mine && !stop_ && waits()) {
    changed_.WaitFor(mu_, kLookEvery);
  }
  if (done_ >= mine) return Annotate(stats_.status, "not all are in files");
  return Cancelled("it goes on, and nobody waits for it any more");
}

bool EventExporter::WaitForWork(milliseconds rest) {
  const auto until = Steady::now() + rest;
  MutexLock lock(mu_);
  while (!stop_ && asked_ == done_ && Steady::now() < until) {
    changed_.WaitFor(mu_,
                     std::chrono::ceil<milliseconds>(until - Steady::now()));
  }
  return !stop_;
}

void EventExporter::Run() {
  const milliseconds every = seconds(parts_.settings.every_s);
  std::string said;
  milliseconds rest(0);
  while (WaitForWork(rest)) {
    uint64_t taken = 0;
    {
      MutexLock lock(mu_);
      taken = asked_;
    }
    const absl::Status status = Pass();
    if (absl::IsCancelled(status)) return;  // The daemon ends.
    const std::string message(status.message());
    if (message != std::exchange(said, message) && !status.ok()) {
      parts_.say(fmt::format("events are not written to files: {}", message),
                 /*trouble=*/true);
    }
    rest = status.ok() ? every : std::min<milliseconds>(every, kAgainAfter);
    MutexLock lock(mu_);
    stats_.status = status;
    if (!status.ok()) ++stats_.failures;
    done_ = taken;
    changed_.SignalAll();
  }
}

absl::Status EventExporter::Pass() {
  const int64_t now_micros = parts_.clock->NowMicros();
  LiveViews* views = parts_.live->views();
  if (views == nullptr) return parts_.live->health();
  const ChangeLog& log = views->upkeep().log();
  const uint64_t end = log.next();
  RETURN_IF_ERROR(Open(log));
  for (;;) {
    RETURN_IF_ERROR(SkipTrimmed(log));
    if (state_->next >= end) break;
    RETURN_IF_ERROR(ExportSegment(*views));
  }
  views->upkeep().trim().Copied(state_->next);
  {
    MutexLock lock(mu_);
    stats_.complete_micros = now_micros;
  }
  return RemoveOld(*views);
}

absl::Status EventExporter::Open(const ChangeLog& log) {
  if (state_) return absl::OkStatus();
  absl::StatusOr<ExportState> state = ReadExportState(state_path_);
  if (absl::IsDataLoss(state.status())) {
    return DataLoss(
        "{}: it says what is in files already; remove it, and all that the "
        "change log has is written again, also what is",
        std::string(state.status().message()));
  }
  if (!state.ok() && !absl::IsNotFound(state.status())) return state.status();
  if (!state.ok()) return Begin(log);
  ASSIGN_OR_RETURN(const bool is_of_log, IsOfLog(*state, log));
  if (!is_of_log) {
    parts_.say(
        "the change log is another than that of which events are in files: all "
        "that it has goes to files",
        /*trouble=*/false);
    return Begin(log);
  }
  state_ = *std::move(state);
  MutexLock lock(mu_);
  next_ = state_->next;
  stats_.lost_records = state_->lost_records;
  return absl::OkStatus();
}

// A log that was begun anew numbers its records as the one before did, but has
// no mark of ours; one that was put back has fewer.
absl::StatusOr<bool> EventExporter::IsOfLog(const ExportState& state,
                                            const ChangeLog& log) const {
  if (!PathExists(mark_path_)) return false;
  ASSIGN_OR_RETURN(const std::string mark, ReadFile(mark_path_, kMarkBytesMax));
  return mark == Hex64Text(state.log_id) &&
         std::max(state.next, state.until) <= log.next();
}

// Killed between the two, it is begun again.
absl::Status EventExporter::Begin(const ChangeLog& log) {
  const uint64_t log_id = RandomNumber();
  const std::string fresh = mark_path_ + ".new";
  RETURN_IF_ERROR(WriteFileSynced(fresh, Hex64Text(log_id)));
  RETURN_IF_ERROR(RenameSynced(fresh, mark_path_));
  return Save({.log_id = log_id, .next = log.first()});
}

absl::Status EventExporter::Save(ExportState state) {
  RETURN_IF_ERROR(WriteExportState(state_path_, state));
  state_ = std::move(state);
  MutexLock lock(mu_);
  next_ = state_->next;
  stats_.lost_records = state_->lost_records;
  return absl::OkStatus();
}

// What the log let go of goes to no file any more. What was begun is no more
// than the rest of one segment, and segments go whole.
absl::Status EventExporter::SkipTrimmed(const ChangeLog& log) {
  const uint64_t first = log.first();
  if (state_->next >= first) return absl::OkStatus();
  const auto lost = static_cast<int64_t>(first - state_->next);
  ExportState state = *state_;
  state.next = first;
  state.until = 0;
  state.lost_records += lost;
  RETURN_IF_ERROR(Save(std::move(state)));
  parts_.say(
      fmt::format("{} records of the change log are in no file: it let go of "
                  "them before, for want of room (settings.event_export)",
                  lost),
      /*trouble=*/true);
  return absl::OkStatus();
}

absl::StatusOr<ExportReport> EventExporter::Order(const LiveViews& views,
                                                  uint64_t until) {
  const EventExportSettings& settings = parts_.settings;
  const int64_t now_micros = parts_.clock->NowMicros();
  ExportOrder order{.log_dir = ChangeLogDir(parts_.storage_dir),
                    .from = state_->next,
                    .until = until,
                    .log_id = state_->log_id,
                    .directory = state_->directory,
                    .memory_max_bytes = parts_.load.memory_max_bytes,
                    .disk_reserve_bytes = parts_.disk_reserve_bytes};
  if (settings.keep_s > 0) {
    order.keep_from_micros = now_micros - settings.keep_s * kSecond;
  }
  for (const auto& [name, source] : views.served()->sources) {
    order.sources[name] = {source.timestamp_field, source.id_field};
  }
  ASSIGN_OR_RETURN(const ExportReport report, process_.Run(order));
  ordered_micros_ = now_micros;
  MutexLock lock(mu_);
  stats_.events += report.events;
  stats_.files += report.files;
  stats_.bytes += report.bytes;
  stats_.removed_files += report.removed_files;
  return report;
}

// The rest of one, as far as it goes now; or what was begun of it, again.
absl::Status EventExporter::ExportSegment(LiveViews& views) {
  const ChangeLog& log = views.upkeep().log();
  if (state_->until == 0 || !PathExists(state_->directory)) {
    ExportState begun = *state_;
    if (begun.until == 0) begun.until = log.SegmentEnd(begun.next);
    begun.directory = parts_.settings.directory;
    RETURN_IF_ERROR(Save(std::move(begun)));
  }
  const absl::Status status = Order(views, state_->until).status();
  // It may have been trimmed meanwhile.
  if (!status.ok() && state_->next < log.first()) return absl::OkStatus();
  RETURN_IF_ERROR(status);
  ExportState done = *state_;
  done.next = std::exchange(done.until, 0);
  RETURN_IF_ERROR(Save(std::move(done)));
  views.upkeep().trim().Copied(state_->next);
  return absl::OkStatus();
}

absl::Status EventExporter::RemoveOld(LiveViews& views) {
  const int64_t since_micros = parts_.clock->NowMicros() - ordered_micros_;
  if (parts_.settings.keep_s == 0 || since_micros < kRemoveEveryMicros) {
    return absl::OkStatus();
  }
  state_->directory = parts_.settings.directory;
  return Order(views, state_->next).status();
}

}  // namespace freshet
