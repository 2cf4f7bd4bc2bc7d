// SPDX-License-Identifier: Apache-2.0
#include "ingest/feed/feed_writer.h"

#include <chrono>
#include <utility>

#include "base/error.h"
#include "base/failpoint.h"
#include "base/status.h"

namespace freshet {
namespace {

constexpr std::chrono::milliseconds kRetryAfter(100);

}  // namespace

FeedWriter::FeedWriter(Parts parts, const StreamSource& source)
    : parts_(std::move(parts)),
      filling_(std::make_unique<FeedBatch>(source, *parts_.format)),
      writing_(std::make_unique<FeedBatch>(source, *parts_.format)) {}

// What is under way has strings that are ours.
FeedWriter::~FeedWriter() { WaitUntilDone().IgnoreError(); }

bool FeedWriter::busy() const {
  MutexLock lock(mu_);
  return open_;
}

void FeedWriter::Submit() {
  {
    MutexLock lock(mu_);
    open_ = true;
  }
  parts_.views->Submit(writing_->ToLog(), [this](absl::Status status) {
    // Nobody changes it before it is done.
    if (status.ok()) parts_.on_written(*writing_);
    MutexLock lock(mu_);
    open_ = false;
    outcome_ = std::move(status);
    changed_.SignalAll();
  });
}

absl::Status FeedWriter::WaitUntilDone() {
  MutexLock lock(mu_);
  while (open_) changed_.Wait(mu_);
  return outcome_;
}

absl::Status FeedWriter::TryUntilDone(
    const std::function<absl::Status()>& attempt) {
  absl::Status status = attempt();
  const bool troubled = !status.ok();
  while (!status.ok()) {
    parts_.on_trouble(status);
    if (parts_.stop->WaitFor(kRetryAfter)) {
      return absl::CancelledError("it ends");
    }
    status = attempt();
  }
  if (troubled) parts_.on_trouble(status);
  return status;
}

absl::Status FeedWriter::Settle() {
  if (writing_->empty()) return absl::OkStatus();
  bool first = true;
  RETURN_IF_ERROR(TryUntilDone([&] {
    if (!std::exchange(first, false)) Submit();
    return WaitUntilDone();
  }));
  writing_->Clear();
  return absl::OkStatus();
}

absl::Status FeedWriter::Write() {
  RETURN_IF_ERROR(Settle());
  RETURN_IF_ERROR(TryUntilDone([this] { return parts_.letters->Write(); }));
  RETURN_IF_ERROR(FAILPOINT("feed.before_submit"));
  std::swap(filling_, writing_);
  Submit();
  return absl::OkStatus();
}

}  // namespace freshet
