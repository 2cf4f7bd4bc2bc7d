// SPDX-License-Identifier: Apache-2.0
#include "server/push/push_stream.h"

#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "freshet/v1/push.pb.h"
#include "server/net/grpc_status.h"
#include "server/net/request_stats.h"
#include "server/push/push_call.h"

namespace freshet {
namespace {

using Steady = std::chrono::steady_clock;

// Requests that were read and are not yet answered. What they hold in memory is
// bounded by what the writer lets wait.
constexpr size_t kOpenMax = 64;
constexpr int64_t kRetryMillis = 10;

// Requests are taken one after the other and answered in their order. One that
// the writer has no room for is tried again, and nothing is read meanwhile.
class PushStreamCall final
    : public grpc::ServerBidiReactor<v1::PushRequest, v1::PushResponse> {
 public:
  PushStreamCall(const PushParts& parts, MethodStats& stats,
                 std::string request_id)
      : parts_(parts), stats_(stats), request_id_(std::move(request_id)) {}

  void Start() {
    GoOn([] {});
  }

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  // Reads and writes fail from then on, which ends it.
  void OnCancel() override {
    cancelled_ = true;
    CallOffPushes(parts_, this);
  }
  void OnDone() override { delete this; }

 private:
  struct Open {
    v1::PushRequest request;
    v1::PushResponse response;
    bool answered = false;
    grpc::Alarm retry;
  };

  void ReadNext();
  // Again, if the writer had no room.
  void Take(Open& open);
  void RetryLater(Open& open);
  void Answer(Open& open, const absl::Status& status);
  // Changes the state by `change`, and does what can be done then: writes an
  // answer, reads, or ends. Nobody may touch this object afterwards.
  template <typename Change>
  void GoOn(Change change);

  const PushParts& parts_;
  MethodStats& stats_;
  const std::string request_id_;
  const Steady::time_point started_ = Steady::now();
  std::atomic<bool> cancelled_{false};

  Mutex mu_;
  std::deque<std::unique_ptr<Open>> open_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<Open> next_;                 // Is read into.
  bool reading_ ABSL_GUARDED_BY(mu_) = false;  // Or waits for the writer.
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  bool read_all_ ABSL_GUARDED_BY(mu_) = false;
  bool broken_ ABSL_GUARDED_BY(mu_) = false;  // Nobody hears answers.
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
};

// Requires: reading_ is set, so that nobody else reads.
void PushStreamCall::ReadNext() {
  next_ = std::make_unique<Open>();
  StartRead(&next_->request);
}

void PushStreamCall::OnReadDone(bool ok) {
  if (!ok) {
    return GoOn([this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
      reading_ = false;
      read_all_ = true;
    });
  }
  Open* taken = nullptr;
  {
    MutexLock lock(mu_);
    taken = open_.emplace_back(std::move(next_)).get();
  }
  taken->response.set_sequence(taken->request.sequence());
  const std::string& id = taken->request.request_id();
  taken->response.set_request_id(IsValidRequestId(id) ? id : request_id_);
  Take(*taken);
}

void PushStreamCall::Take(Open& open) {
  // Whoever calls back may do so at once; the stream ends only once all are
  // answered, and this one's reading is still under way.
  auto* taken = &open;
  auto retries = std::make_shared<bool>(false);
  if (cancelled_) {
    // Nobody is there for whom it is to be tried again.
    Answer(open, absl::CancelledError("the stream is given up"));
    return GoOn([this]()
                    ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { reading_ = false; });
  }
  TakePush(parts_, {open.request, open.response, this},
           [this, taken, retries](const absl::Status& status) {
             if (absl::IsResourceExhausted(status)) {
               *retries = true;
             } else {
               Answer(*taken, status);
             }
           });
  if (*retries) return RetryLater(open);
  if (cancelled_) CallOffPushes(parts_, this);
  GoOn([this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { reading_ = false; });
}

void PushStreamCall::RetryLater(Open& open) {
  auto* taken = &open;
  open.retry.Set(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                              gpr_time_from_millis(kRetryMillis, GPR_TIMESPAN)),
                 [this, taken](bool) { Take(*taken); });
}

void PushStreamCall::Answer(Open& open, const absl::Status& status) {
  if (!status.ok()) {
    open.response.clear_rejected();
    open.response.set_accepted(0);
    open.response.set_code(static_cast<int>(status.code()));
    open.response.set_message(
        ToGrpc(status, open.response.request_id()).error_message());
  }
  GoOn([&open] { open.answered = true; });
}

void PushStreamCall::OnWriteDone(bool ok) {
  GoOn([this, ok]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    writing_ = false;
    open_.pop_front();
    if (!ok) broken_ = true;
  });
}

template <typename Change>
void PushStreamCall::GoOn(Change change) {
  v1::PushResponse* answer = nullptr;
  bool read = false;
  bool end = false;
  {
    MutexLock lock(mu_);
    change();
    // One that is being taken is not answered, or reading_ is set.
    while (broken_ && !writing_ && !reading_ && !open_.empty() &&
           open_.front()->answered) {
      open_.pop_front();
    }
    if (!broken_ && !writing_ && !open_.empty() && open_.front()->answered) {
      writing_ = true;
      answer = &open_.front()->response;
    }
    if (!reading_ && !read_all_ && !broken_ && open_.size() < kOpenMax) {
      reading_ = read = true;
    }
    const bool idle = !reading_ && !writing_ && open_.empty();
    if (idle && (read_all_ || broken_) && !ended_) ended_ = end = true;
  }
  if (answer != nullptr) StartWrite(answer);
  if (read) ReadNext();
  if (!end) return;
  stats_.Count(grpc::StatusCode::OK, Steady::now() - started_);
  Finish(grpc::Status::OK);
}

}  // namespace

grpc::ServerBidiReactor<v1::PushRequest, v1::PushResponse>* StartPushStream(
    const PushParts& parts, MethodStats& stats, std::string request_id) {
  auto* call = new PushStreamCall(parts, stats, std::move(request_id));
  call->Start();
  return call;
}

}  // namespace freshet
