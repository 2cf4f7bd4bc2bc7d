// SPDX-License-Identifier: Apache-2.0
#include "ingest/live/live_writer.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "ingest/change_log/parked_events.h"

namespace freshet {
namespace {

// How late an event may be let go that waited for its time.
constexpr std::chrono::milliseconds kReleaseEvery{10};
constexpr int64_t kExpireEveryMicros = 60'000'000;
// What a request looks up that began no longer ago is there.
constexpr int64_t kRequestMicrosMax = 60'000'000;

// The most that their record has, and about what they take in memory.
int64_t BytesOf(const LoggedEvents& logged) {
  constexpr size_t kVarintMax = 10;
  constexpr size_t kHeaderMax = 64;
  const EventBatch& events = logged.events;
  size_t bytes = kHeaderMax + logged.source.size();
  for (const StreamField& field : logged.fields) {
    bytes += kHeaderMax + field.name.size() + events.rows / 4;
  }
  bytes += events.rows * (events.fields.size() + 2) * kVarintMax;
  for (const ValueColumn& column : events.fields) {
    for (size_t row = 0; row < column.strings.size(); ++row) {
      if (column.states[row] == RowState::kValue) {
        bytes += column.strings[row].size();
      }
    }
  }
  for (const PartitionPosition& position : logged.positions) {
    bytes += kHeaderMax + position.topic.size();
  }
  return static_cast<int64_t>(bytes);
}

}  // namespace

LiveWriter::LiveWriter(LiveApplier& applier, const Clock& clock,
                       const Settings& settings)
    : clock_(clock),
      settings_(settings),
      applier_(applier),
      thread_([this] { Run(); }) {}

LiveWriter::~LiveWriter() {
  {
    MutexLock lock(mu_);
    stop_ = true;
    changed_.SignalAll();
  }
  thread_.join();
  std::vector<Waiting> left;
  {
    MutexLock lock(mu_);
    left.swap(queue_);
  }
  for (Waiting& waiting : left) {
    waiting.done(absl::CancelledError("the daemon ends"));
  }
}

void LiveWriter::Submit(LoggedEvents events, Done done) {
  const int64_t bytes = BytesOf(events);
  if (bytes > ChangeLog::kRecordBytesMax) {
    return done(
        InvalidArgument("{} events are up to {} bytes; at most {} come at once",
                        events.events.rows, bytes, ChangeLog::kRecordBytesMax));
  }
  {
    MutexLock lock(mu_);
    if (queue_.empty() || queue_bytes_ + bytes <= settings_.queue_bytes_max) {
      queue_.push_back({std::move(events), bytes, std::move(done)});
      queue_bytes_ += bytes;
      changed_.SignalAll();
      return;
    }
  }
  done(ResourceExhausted(
      "{} bytes of events wait to be written; try again later",
      settings_.queue_bytes_max));
}

void LiveWriter::Use(const std::function<void(LiveApplier&)>& use) {
  MutexLock lock(applier_mu_);
  use(applier_);
}

absl::Status LiveWriter::Release() {
  MutexLock lock(applier_mu_);
  absl::Status status = applier_.Release(clock_.NowMicros());
  MutexLock health_lock(mu_);
  health_.Update(status);
  return status;
}

absl::Status LiveWriter::health() const {
  MutexLock lock(mu_);
  return health_;
}

std::vector<LiveWriter::Waiting> LiveWriter::WaitForWork(bool some_parked) {
  std::vector<Waiting> taken;
  MutexLock lock(mu_);
  if (some_parked) {
    if (queue_.empty() && !stop_) changed_.WaitFor(mu_, kReleaseEvery);
  } else {
    while (queue_.empty() && !stop_) changed_.Wait(mu_);
  }
  int64_t bytes = 0;
  auto end = queue_.begin();
  for (; end != queue_.end(); ++end) {
    if (!taken.empty() && bytes + end->bytes > settings_.tick_bytes_max) break;
    bytes += end->bytes;
    taken.push_back(std::move(*end));
  }
  queue_.erase(queue_.begin(), end);
  queue_bytes_ -= bytes;
  return taken;
}

bool LiveWriter::Write(std::vector<Waiting> taken) {
  const int64_t now_micros = clock_.NowMicros();
  std::vector<LoggedEvents> batches;
  for (Waiting& waiting : taken) {
    waiting.events.arrival_micros = now_micros;
    batches.push_back(std::move(waiting.events));
  }
  absl::Status status;
  bool some_parked = false;
  {
    MutexLock lock(applier_mu_);
    // What waited until now is older than what comes now.
    status = applier_.Release(now_micros);
    if (status.ok()) status = applier_.Append(std::move(batches));
    some_parked = applier_.parked().oldest_micros().has_value();
    if (now_micros - expired_micros_ >= kExpireEveryMicros) {
      applier_.Expire(now_micros - kRequestMicrosMax);
      expired_micros_ = now_micros;
    }
  }
  if (!status.ok()) {
    MutexLock lock(mu_);
    health_.Update(status);
  }
  // A full disk is no reason to come again at once.
  const absl::Status told =
      status.ok() || absl::IsInvalidArgument(status)
          ? status
          : Unavailable("events cannot be written any more: {}",
                        std::string(status.message()));
  for (Waiting& waiting : taken) waiting.done(told);
  return some_parked;
}

void LiveWriter::Run() {
  bool some_parked = true;  // Perhaps; the first tick tells.
  for (;;) {
    std::vector<Waiting> taken = WaitForWork(some_parked);
    {
      MutexLock lock(mu_);
      if (stop_) {
        // The destructor calls them off.
        std::move(taken.begin(), taken.end(), std::back_inserter(queue_));
        return;
      }
    }
    some_parked = Write(std::move(taken));
  }
}

}  // namespace freshet
