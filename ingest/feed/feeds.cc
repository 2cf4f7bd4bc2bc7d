// SPDX-License-Identifier: Apache-2.0
#include "ingest/feed/feeds.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "base/error.h"
#include "base/status.h"
#include "config/nearest.h"
#include "ingest/feed/feed_batch.h"
#include "ingest/live/live_plan.h"
#include "ingest/live/paused_sources.h"

namespace freshet {
namespace {

bool HasView(const Definitions& definitions, const std::string& source) {
  for (const WindowedView& view : definitions.stream_views) {
    if (view.source == source) return true;
  }
  for (const BatchFeatureView& view : definitions.batch_views) {
    if (view.live && view.live->source == source) return true;
  }
  return false;
}

}  // namespace

Feeds::Feeds(LiveViews& views, const Clock& clock, Options options)
    : views_(views), clock_(clock), options_(std::move(options)) {}

Feeds::~Feeds() { End(Definitions()); }

void Feeds::End(const Definitions& next) {
  std::vector<std::unique_ptr<PushLog>> closed;  // After their feeds.
  std::vector<std::unique_ptr<KafkaFeed>> ended;
  {
    MutexLock lock(mu_);
    for (auto feed = feeds_.begin(); feed != feeds_.end();) {
      const StreamSource* source = next.FindStreamSource(feed->first);
      const bool stays = source != nullptr && HasView(next, source->name) &&
                         ReadAlike(*source, feed->second->source());
      if (stays) {
        ++feed;
        continue;
      }
      ended.push_back(std::move(feed->second));
      feed = feeds_.erase(feed);
    }
    for (auto log = push_logs_.begin(); log != push_logs_.end();) {
      const StreamSource* source = next.FindStreamSource(log->first);
      if (source != nullptr && source->push_log == log->second->log()) {
        ++log;
        continue;
      }
      closed.push_back(std::move(log->second));
      log = push_logs_.erase(log);
    }
  }
  for (const auto& feed : ended) feed->Stop();
  // Each waits as it is let go.
}

std::set<std::string> Feeds::KeepPaused(const StreamSources& defined) {
  PausedSources& paused = views_.progress().paused();
  for (const std::string& name : paused.Names()) {
    if (defined.contains(name)) continue;
    if (const absl::Status status = paused.Set(name, false); !status.ok()) {
      options_.say(fmt::format("source '{}' stays paused: {}", name,
                               std::string(status.message())),
                   /*trouble=*/true);
    }
  }
  return paused.Names();
}

void Feeds::BeginPushLogs(const StreamSources& sources) {
  for (const auto& [name, source] : sources) {
    if (!source.push_log || push_logs_.contains(name)) continue;
    push_logs_[name] =
        std::make_unique<PushLog>(name, *source.push_log, options_.say);
  }
}

void Feeds::Begin() {
  std::set<std::string> with_view;
  const auto served = views_.served();
  for (const LiveWindows& view : served->windows) with_view.insert(view.source);
  for (const LiveRowsView& view : served->rows) with_view.insert(view.source);
  const std::set<std::string> paused = KeepPaused(served->sources);
  MutexLock lock(mu_);
  BeginPushLogs(served->sources);
  for (const auto& [name, source] : served->sources) {
    if (source.topics() == nullptr) continue;
    const auto log = push_logs_.find(name);
    PushLog* push_log = log == push_logs_.end() ? nullptr : log->second.get();
    if (!with_view.contains(name)) {
      if (push_log != nullptr) push_log->SetUnread();
      continue;
    }
    if (feeds_.contains(name)) continue;
    if (push_log != nullptr) push_log->SetReading(NotKnownToBeRead());
    feeds_[name] = std::make_unique<KafkaFeed>(
        KafkaFeed::Parts{.views = &views_,
                         .clock = &clock_,
                         .dead_letters_dir = options_.dead_letters_dir,
                         .say = options_.say,
                         .paused = paused.contains(name),
                         .push_log = push_log},
        source);
  }
}

void Feeds::Push(const StreamSource& source, const LoggedEvents& events,
                 const void* caller, const PushWaits::Done& done) {
  const auto with_log = [&](const auto& use) -> absl::Status {
    MutexLock lock(mu_);
    const auto log = push_logs_.find(source.name);
    if (log != push_logs_.end()) return use(*log->second);
    return Unavailable("the push log of source '{}' is not open yet; try again",
                       source.name);
  };
  // Records are made for nothing where there is no room for them.
  absl::Status taken =
      with_log([&](PushLog& log) { return log.Check(LeastBytes(events)); });
  if (!taken.ok()) return done(taken);
  absl::StatusOr<PushRecords> records =
      MakePushRecords(source, events, FeedBatch::kValueBytesMax);
  if (!records.ok()) return done(records.status());
  taken = with_log([&](PushLog& log) {
    return log.Push(*std::move(records), caller, done);
  });
  if (!taken.ok()) done(taken);
}

void Feeds::CallOffPushes(const void* caller) {
  PushWaits::Answers answers;
  {
    MutexLock lock(mu_);
    for (const auto& [name, log] : push_logs_) {
      for (PushWaits::Answer& answer : log->CallOff(caller)) {
        answers.push_back(std::move(answer));
      }
    }
  }
  for (const PushWaits::Answer& answer : answers) answer.done(answer.status);
}

std::vector<PushLog::Stats> Feeds::push_logs() const {
  std::vector<PushLog::Stats> stats;
  MutexLock lock(mu_);
  for (const auto& [name, log] : push_logs_) stats.push_back(log->stats());
  return stats;
}

std::vector<SourceState> Feeds::states() const {
  std::vector<SourceState> states;
  MutexLock lock(mu_);
  for (const auto& [name, feed] : feeds_) states.push_back(feed->state());
  return states;
}

std::map<std::string, Feeds::Delays> Feeds::delays() const {
  std::map<std::string, Delays> delays;
  MutexLock lock(mu_);
  for (const auto& [name, feed] : feeds_) {
    delays[name] = {feed->delays().happened.Take(),
                    feed->delays().produced.Take()};
  }
  return delays;
}

absl::StatusOr<KafkaFeed*> Feeds::Find(const std::string& source) const {
  const auto found = feeds_.find(source);
  if (found != feeds_.end()) return found->second.get();
  std::vector<std::string> names;
  for (const auto& [name, feed] : feeds_) names.push_back(name);
  return NotFound("no topics are read for a source '{}'; {}", source,
                  NearestText(source, names));
}

absl::StatusOr<std::vector<Seeks::Partition>> Feeds::SetForward(
    const std::string& source, const Seeks::Seek& seek) {
  MutexLock lock(mu_);
  ASSIGN_OR_RETURN(KafkaFeed* const feed, Find(source));
  return feed->SetForward(seek);
}

absl::Status Feeds::SetPaused(const std::string& source, bool paused) {
  {
    MutexLock lock(mu_);
    RETURN_IF_ERROR(Find(source).status());
  }
  // Waits for the disk.
  RETURN_IF_ERROR(views_.progress().paused().Set(source, paused));
  MutexLock lock(mu_);
  ASSIGN_OR_RETURN(KafkaFeed* const feed, Find(source));
  feed->SetPaused(paused);
  return absl::OkStatus();
}

}  // namespace freshet
