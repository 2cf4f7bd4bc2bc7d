// SPDX-License-Identifier: Apache-2.0
#include "ingest/push_log/push_log.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/error.h"
#include "base/failpoint.h"
#include "base/status.h"

namespace freshet {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::string_view kAgain =
    "it may be in the log all the same: with ids it can be pushed again";

void Tell(PushWaits::Answers answers) {
  for (PushWaits::Answer& answer : answers) {
    answer.done(std::move(answer.status));
  }
}

// OK if all are written, and it is known where; else why the first is not.
absl::Status FirstFailure(const std::vector<KafkaWritten>& outcomes) {
  for (const KafkaWritten& outcome : outcomes) {
    RETURN_IF_ERROR(outcome.status);
    // As of one that was sent again and had arrived the first time.
    if (outcome.offset < 0) {
      return Unavailable("it is written, and the broker did not say where");
    }
  }
  return absl::OkStatus();
}

PushWaits::Ends EndsOf(const std::vector<KafkaWritten>& outcomes) {
  PushWaits::Ends ends;
  for (const KafkaWritten& outcome : outcomes) {
    int64_t& end = ends[outcome.partition];
    end = std::max(end, outcome.offset + 1);
  }
  return ends;
}

}  // namespace

PushLog::PushLog(std::string source, PushLogSource log, KafkaSay say)
    : source_(std::move(source)),
      log_(std::move(log)),
      say_(std::move(say)),
      bytes_max_(log_.read.cluster.queue_bytes_max),
      thread_([this] { Run(); }) {}

PushLog::~PushLog() {
  PushWaits::Answers answers;
  {
    MutexLock lock(mu_);
    stop_ = true;
    changed_.SignalAll();
    waits_.GiveUp(PushWaits::Instant::max(), ReasonsFor("it is closed"),
                  answers);
  }
  Tell(std::move(answers));
  thread_.join();
  writer_.reset();
}

PushWaits::Reasons PushLog::ReasonsFor(std::string_view why) const {
  return {
      .unwritten =
          Unavailable("the push log of source '{}' has not acknowledged it: "
                      "{}; {}",
                      source_, why, kAgain),
      .unread = Unavailable("it is in the push log of source '{}', and was not "
                            "read from there: {}; with ids it can be pushed "
                            "again",
                            source_, why)};
}

absl::Status PushLog::Check(int64_t bytes) {
  MutexLock lock(mu_);
  return CheckLocked(bytes);
}

absl::Status PushLog::CheckLocked(int64_t bytes) {
  if (bytes > bytes_max_) {
    return InvalidArgument(
        "the events are {} bytes on their way to the push log; at most {} come "
        "at once (queue_max of source '{}')",
        bytes, bytes_max_, source_);
  }
  if (stop_ || !health_.ok()) {
    ++refused_;
    return Unavailable(
        "nothing was taken, for the push log of source '{}' is not read: {}",
        source_, stop_ ? "it is closed" : std::string(health_.message()));
  }
  if (waits_.stats().bytes + bytes > bytes_max_) {
    return ResourceExhausted(
        "{} bytes wait for the push log of source '{}'; try again later",
        waits_.stats().bytes, source_);
  }
  return absl::OkStatus();
}

absl::Status PushLog::Push(PushRecords records, const void* caller,
                           PushWaits::Done done) {
  MutexLock lock(mu_);
  RETURN_IF_ERROR(CheckLocked(records.bytes));
  const milliseconds timeout(log_.read.cluster.delivery_timeout_ms);
  const uint64_t number = waits_.Add({.caller = caller,
                                      .done = std::move(done),
                                      .bytes = records.bytes,
                                      .deadline = Steady::now() + timeout});
  queue_.push_back({number, std::move(records)});
  changed_.SignalAll();
  return absl::OkStatus();
}

PushWaits::Answers PushLog::CallOff(const void* caller) {
  PushWaits::Answers answers;
  MutexLock lock(mu_);
  waits_.GiveUpOf(caller, Cancelled("nobody waits for it; {}", kAgain),
                  answers);
  return answers;
}

void PushLog::SetReading(const absl::Status& health) {
  PushWaits::Answers answers;
  {
    MutexLock lock(mu_);
    const bool stopped = absl::IsDataLoss(health);
    if (stopped) {
      waits_.GiveUp(PushWaits::Instant::max(),
                    ReasonsFor(std::string(health.message())), answers);
    }
    // What is read after a gap may be another log.
    if (stopped || !read_) waits_.SetRead(true, answers);
    read_ = true;
    health_ = health;
  }
  Tell(std::move(answers));
}

void PushLog::SetUnread() {
  PushWaits::Answers answers;
  {
    MutexLock lock(mu_);
    read_ = false;
    health_ = absl::OkStatus();
    waits_.SetRead(false, answers);
  }
  Tell(std::move(answers));
}

void PushLog::Reached(int32_t partition, int64_t next) {
  PushWaits::Answers answers;
  {
    MutexLock lock(mu_);
    waits_.Reached(partition, next, answers);
  }
  Tell(std::move(answers));
}

PushLog::Stats PushLog::stats() const {
  MutexLock lock(mu_);
  return {.source = source_, .waits = waits_.stats(), .refused = refused_};
}

std::vector<PushLog::Queued> PushLog::WaitForWork() {
  MutexLock lock(mu_);
  while (!stop_ && queue_.empty()) {
    const auto deadline = waits_.deadline();
    if (!deadline) {
      changed_.Wait(mu_);
      continue;
    }
    const auto left =
        std::chrono::ceil<milliseconds>(*deadline - Steady::now());
    if (left.count() <= 0) break;
    changed_.WaitFor(mu_, left);
  }
  if (stop_) return {};
  return std::exchange(queue_, {});
}

void PushLog::GiveUpLate() {
  const PushWaits::Instant now = Steady::now();
  {
    MutexLock lock(mu_);
    const auto deadline = waits_.deadline();
    if (!deadline || *deadline > now) return;
  }
  std::string why =
      fmt::format("not within {} ms", log_.read.cluster.delivery_timeout_ms);
  if (writer_ != nullptr) {
    const absl::Status error = writer_->Health().error;
    if (!error.ok()) why += fmt::format(": {}", std::string(error.message()));
  }
  PushWaits::Answers answers;
  {
    MutexLock lock(mu_);
    if (!health_.ok()) {
      why += fmt::format("; reading it: {}", std::string(health_.message()));
    }
    waits_.GiveUp(now, ReasonsFor(why), answers);
  }
  Tell(std::move(answers));
}

void PushLog::TakeOutcomes(uint64_t number,
                           const std::vector<KafkaWritten>& outcomes) {
  absl::Status failure = FirstFailure(outcomes);
  if (failure.ok()) failure = FAILPOINT("push_log.written");
  PushWaits::Answers answers;
  {
    MutexLock lock(mu_);
    if (failure.ok()) {
      waits_.Written(number, EndsOf(outcomes), answers);
    } else {
      waits_.NotWritten(number,
                        ReasonsFor(std::string(failure.message())).unwritten,
                        answers);
    }
  }
  Tell(std::move(answers));
}

void PushLog::Write(const Queued& queued) {
  const uint64_t number = queued.number;
  if (writer_ == nullptr) {
    auto opened = KafkaWriter::Open(log_.read.cluster, say_);
    if (!opened.ok()) {
      return TakeOutcomes(number, {{.status = opened.status()}});
    }
    writer_ = *std::move(opened);
  }
  {
    MutexLock lock(mu_);
    if (!waits_.IsOpen(number)) {
      PushWaits::Answers none;
      return waits_.NotWritten(number, absl::OkStatus(), none);
    }
  }
  std::vector<KafkaMessage> messages;
  messages.reserve(queued.records.records.size());
  for (const PushRecords::Record& record : queued.records.records) {
    KafkaMessage& message = messages.emplace_back();
    message.topic = log_.topic();
    if (record.key) message.key = *record.key;
    message.value = record.value;
  }
  writer_->Start(messages,
                 [this, number](const std::vector<KafkaWritten>& outcomes) {
                   TakeOutcomes(number, outcomes);
                 });
}

void PushLog::Run() {
  for (;;) {
    const std::vector<Queued> queued = WaitForWork();
    GiveUpLate();
    for (const Queued& one : queued) Write(one);
    MutexLock lock(mu_);
    if (stop_) return;
  }
}

}  // namespace freshet
