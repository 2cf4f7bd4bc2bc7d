// SPDX-License-Identifier: Apache-2.0
#include "ingest/push_log/push_waits.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"

namespace freshet {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

}  // namespace

uint64_t PushWaits::Add(Push push) {
  CHECK(push.done != nullptr);
  stats_.bytes += push.bytes;
  ++stats_.pushes;
  Waiting& waiting = pushes_[next_];
  waiting.push = std::move(push);
  waiting.reached = reached_;
  return next_++;
}

bool PushWaits::IsOpen(uint64_t number) const {
  const auto found = pushes_.find(number);
  return found != pushes_.end() && found->second.push.done != nullptr;
}

void PushWaits::Written(uint64_t number, const Ends& ends, Answers& answers) {
  const auto found = pushes_.find(number);
  CHECK(found != pushes_.end());
  Waiting& waiting = found->second;
  waiting.written = true;
  if (waiting.push.done == nullptr) return Forget(found);
  for (const auto& [partition, end] : ends) {
    if (!read_) continue;
    const auto before = waiting.reached.find(partition);
    const bool is_other =
        before != waiting.reached.end() && end <= before->second;
    // Who reads it will see that, and end what waits.
    if (reached_[partition] >= end && !is_other) continue;
    const int64_t until = is_other ? kNever : end;
    until_[partition].emplace(until, number);
    waiting.ends[partition] = until;
    ++waiting.partitions;
  }
  if (waiting.partitions > 0) return;
  End(waiting, absl::OkStatus(), answers);
  Forget(found);
}

void PushWaits::NotWritten(uint64_t number, absl::Status status,
                           Answers& answers) {
  const auto found = pushes_.find(number);
  CHECK(found != pushes_.end());
  if (found->second.push.done != nullptr) {
    ++stats_.unwritten;
    End(found->second, std::move(status), answers);
  }
  Forget(found);
}

void PushWaits::Reached(int32_t partition, int64_t next, Answers& answers) {
  reached_[partition] = next;
  auto& until = until_[partition];
  while (!until.empty() && until.begin()->first <= next) {
    const auto found = pushes_.find(until.begin()->second);
    until.erase(until.begin());
    CHECK(found != pushes_.end());
    found->second.ends.erase(partition);
    if (--found->second.partitions > 0) continue;
    End(found->second, absl::OkStatus(), answers);
    Forget(found);
  }
}

void PushWaits::SetRead(bool read, Answers& answers) {
  read_ = read;
  reached_.clear();
  until_.clear();
  if (read) return;
  for (auto at = pushes_.begin(); at != pushes_.end();) {
    const auto waiting = at++;
    if (!waiting->second.written) continue;
    End(waiting->second, absl::OkStatus(), answers);
    Forget(waiting);
  }
}

void PushWaits::GiveUp(Instant until, const Reasons& reasons,
                       Answers& answers) {
  for (auto at = pushes_.begin(); at != pushes_.end();) {
    const auto waiting = at++;
    if (waiting->second.push.done == nullptr) continue;
    if (waiting->second.push.deadline > until) return;
    GiveUp(waiting->second, reasons, answers);
    if (waiting->second.written) Forget(waiting);
  }
}

void PushWaits::GiveUpOf(const void* caller, const absl::Status& status,
                         Answers& answers) {
  for (auto at = pushes_.begin(); at != pushes_.end();) {
    const auto waiting = at++;
    if (waiting->second.push.done == nullptr ||
        waiting->second.push.caller != caller) {
      continue;
    }
    End(waiting->second, status, answers);
    if (waiting->second.written) Forget(waiting);
  }
}

std::optional<PushWaits::Instant> PushWaits::deadline() const {
  for (const auto& [number, waiting] : pushes_) {
    if (waiting.push.done != nullptr) return waiting.push.deadline;
  }
  return std::nullopt;
}

void PushWaits::GiveUp(Waiting& waiting, const Reasons& reasons,
                       Answers& answers) {
  ++(waiting.written ? stats_.unread : stats_.unwritten);
  End(waiting, waiting.written ? reasons.unread : reasons.unwritten, answers);
}

void PushWaits::End(Waiting& waiting, absl::Status status, Answers& answers) {
  answers.push_back(
      {std::exchange(waiting.push.done, nullptr), std::move(status)});
  --stats_.pushes;
}

void PushWaits::Forget(ByNumber::iterator waiting) {
  for (const auto& [partition, end] : waiting->second.ends) {
    auto& until = until_[partition];
    const auto [first, last] = until.equal_range(end);
    const auto own = std::find_if(first, last, [&](const auto& wait) {
      return wait.second == waiting->first;
    });
    if (own != last) until.erase(own);
  }
  stats_.bytes -= waiting->second.push.bytes;
  pushes_.erase(waiting);
}

}  // namespace freshet
