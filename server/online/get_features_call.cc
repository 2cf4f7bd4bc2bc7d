// SPDX-License-Identifier: Apache-2.0
#include "server/online/get_features_call.h"

#include <google/protobuf/arena.h>
#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/failpoint.h"
#include "base/status.h"
#include "freshet/v1/online.pb.h"
#include "server/live_settings.h"
#include "server/net/grpc_status.h"
#include "server/net/request_stats.h"
#include "server/online/read_pool.h"
#include "server/slow_log.h"

namespace freshet {
namespace {

using Steady = std::chrono::steady_clock;

// What is left of a call's time: gRPC's deadline, or the default.
std::chrono::nanoseconds TimeLeft(const grpc::CallbackServerContext& context,
                                  int64_t default_ms) {
  const gpr_timespec deadline = context.raw_deadline();
  if (gpr_time_cmp(deadline, gpr_inf_future(deadline.clock_type)) == 0) {
    return std::chrono::milliseconds(default_ms);
  }
  const gpr_timespec left =
      gpr_time_sub(deadline, gpr_now(deadline.clock_type));
  return std::chrono::seconds(left.tv_sec) +
         std::chrono::nanoseconds(left.tv_nsec);
}

std::string AllBytes(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

// Keeps itself alive until gRPC is done with it and no read or alarm holds it.
class GetFeaturesCall final
    : public grpc::ServerUnaryReactor,
      public std::enable_shared_from_this<GetFeaturesCall> {
 public:
  GetFeaturesCall(const CallParts& parts, grpc::ByteBuffer* response)
      : parts_(parts),
        response_(response),
        started_(Steady::now()),
        scratch_(parts.scratch->Take()) {}
  ~GetFeaturesCall() override { parts_.scratch->Return(std::move(scratch_)); }

  void Start(grpc::CallbackServerContext* context,
             const grpc::ByteBuffer* request);

  void OnCancel() override {
    stop_.store(true);
    Fail(Cancelled("the caller cancelled the request"));
  }
  void OnDone() override { self_.reset(); }
  // Both are short: gRPC need not wake another thread for them.
  bool InternalInlineable() override { return true; }

 private:
  absl::Status Parse(const grpc::ByteBuffer& request,
                     const RequestLimits& limits);
  absl::Status ChooseId();
  // Where this returns OK the call has been answered or will be.
  absl::Status Answer(grpc::CallbackServerContext* context,
                      const grpc::ByteBuffer& request);
  absl::Status PostRead();
  void Read();
  void OnReadDeadline();
  absl::Status Reply(QueryRows& rows);

  void Fail(const absl::Status& status);
  // True once, for the thread that may end the call.
  bool Claim() { return !ended_.exchange(true); }
  void End(const grpc::Status& status);
  void RecordTimes(int code);

  bool PastDeadline() const { return Steady::now() >= deadline_; }
  bool Stopped() const { return stop_.load() || ended_.load(); }

  const CallParts parts_;  // A stuck read may outlive the service.
  grpc::ByteBuffer* const response_;
  const Steady::time_point started_;
  std::unique_ptr<CallScratch> scratch_;
  std::shared_ptr<GetFeaturesCall> self_;
  v1::GetFeaturesRequest* message_ = nullptr;  // On the scratch's arena.
  std::string request_id_;
  Steady::time_point deadline_;
  Steady::time_point planned_;
  Steady::time_point looked_up_;
  std::optional<grpc::Alarm> read_deadline_;  // Only when the disk is read.
  std::atomic<bool> stop_{false};
  std::atomic<bool> ended_{false};
};

void GetFeaturesCall::Start(grpc::CallbackServerContext* context,
                            const grpc::ByteBuffer* request) {
  self_ = shared_from_this();
  planned_ = looked_up_ = started_;
  const absl::Status status = Answer(context, *request);
  if (!status.ok()) Fail(status);
}

absl::Status GetFeaturesCall::Answer(grpc::CallbackServerContext* context,
                                     const grpc::ByteBuffer& request) {
  const RequestLimits limits = parts_.settings->limits();
  request_id_ = RequestIdOf(*context);
  RETURN_IF_ERROR(Parse(request, limits));
  RETURN_IF_ERROR(ChooseId());
  const auto left = TimeLeft(*context, limits.default_deadline_ms);
  deadline_ = started_ + left;
  if (left.count() <= 0) {
    return DeadlineExceeded("the deadline had passed when the request came");
  }
  RETURN_IF_ERROR(scratch_->query.Begin(*message_, limits));
  planned_ = looked_up_ = Steady::now();

  // The context is only safe to ask until this function has returned.
  const bool all = scratch_->query.LookupCached(scratch_->rows, [&] {
    return !context->IsCancelled() && !PastDeadline();
  });
  looked_up_ = Steady::now();
  if (!all && context->IsCancelled()) {
    return Cancelled("the caller cancelled the request");
  }
  if (!all)
    return DeadlineExceeded("the deadline passed while looking up keys");
  if (FeatureQuery::NeedsDisk(scratch_->rows)) return PostRead();
  return Reply(scratch_->rows);
}

absl::Status GetFeaturesCall::Parse(const grpc::ByteBuffer& request,
                                    const RequestLimits& limits) {
  if (request.Length() > static_cast<size_t>(limits.request_bytes_max)) {
    parts_.query.stats->CountShed(ShedReason::kRequestBytes);
    return ResourceExhausted(
        "the request has {} bytes, the limit is {} "
        "(settings.limits.request_max)",
        request.Length(), limits.request_bytes_max);
  }
  message_ = google::protobuf::Arena::CreateMessage<v1::GetFeaturesRequest>(
      scratch_->arena.get());
  // The reader does not change the buffer; it only lacks a const.
  grpc::ProtoBufferReader reader(const_cast<grpc::ByteBuffer*>(&request));
  if (reader.status().ok() && message_->ParseFromZeroCopyStream(&reader)) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(FindBadUtf8(AllBytes(request)));
  return InvalidArgument("the request is not a freshet.v1.GetFeaturesRequest");
}

absl::Status GetFeaturesCall::ChooseId() {
  if (message_->request_id().empty()) return absl::OkStatus();
  if (!IsValidRequestId(message_->request_id())) {
    return InvalidArgument(
        "request_id has {} bytes; it is at most 64 characters of "
        "[A-Za-z0-9._:-]",
        message_->request_id().size());
  }
  request_id_ = message_->request_id();
  return absl::OkStatus();
}

absl::Status GetFeaturesCall::PostRead() {
  const auto now = Steady::now();
  const auto left = deadline_ - now;
  // Leaves time to answer with what there is before the caller gives up.
  const auto margin =
      std::min<Steady::duration>(left / 4, std::chrono::milliseconds(5));
  const auto wait =
      std::chrono::duration_cast<std::chrono::nanoseconds>(left - margin);
  // gRPC keeps the callback after it has run, so what it holds is moved out.
  auto held = std::make_shared<std::shared_ptr<GetFeaturesCall>>(self_);
  read_deadline_.emplace();
  read_deadline_->Set(
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                   gpr_time_from_nanos(wait.count(), GPR_TIMESPAN)),
      [held](bool passed) {
        const std::shared_ptr<GetFeaturesCall> call = std::move(*held);
        if (passed) call->OnReadDeadline();
      });
  if (parts_.reads->TryPost([call = self_] { call->Read(); })) {
    return absl::OkStatus();
  }
  parts_.query.stats->CountShed(ShedReason::kReadQueue);
  return ResourceExhausted(
      "too many requests wait for the disk (settings.storage.read_queue_max); "
      "try again later");
}

// On a thread of the read pool.
void GetFeaturesCall::Read() {
  if (Stopped()) return;
  if (const absl::Status injected = FAILPOINT("server.read"); !injected.ok()) {
    Fail(injected);
    return;
  }
  const bool all =
      scratch_->query.LookupDisk(scratch_->rows, [this] { return !Stopped(); });
  if (!all) return;  // Another thread has answered or given up.
  if (const absl::Status status = Reply(scratch_->rows); !status.ok()) {
    Fail(status);
  }
}

// The reader may be stuck and owns its rows: look in memory again, into others.
void GetFeaturesCall::OnReadDeadline() {
  if (Stopped()) return;
  std::unique_ptr<CallScratch> other = parts_.scratch->Take();
  scratch_->query.LookupCached(other->rows, [] { return true; });
  if (const absl::Status status = Reply(other->rows); !status.ok()) {
    Fail(status);
  }
  parts_.scratch->Return(std::move(other));
}

absl::Status GetFeaturesCall::Reply(QueryRows& rows) {
  ASSIGN_OR_RETURN(const size_t size,
                   scratch_->query.MeasureReply(rows, request_id_));
  grpc_slice slice = grpc_slice_malloc(size);
  rows.writer.Write(reinterpret_cast<char*>(GRPC_SLICE_START_PTR(slice)));
  const grpc::Slice reply(slice, grpc::Slice::STEAL_REF);
  // After Claim by another thread the response may be gone.
  if (!Claim()) return absl::OkStatus();
  scratch_->query.Record(rows);
  *response_ = grpc::ByteBuffer(&reply, 1);
  End(grpc::Status::OK);
  return absl::OkStatus();
}

void GetFeaturesCall::Fail(const absl::Status& status) {
  if (Claim()) End(ToGrpc(status, request_id_));
}

void GetFeaturesCall::End(const grpc::Status& status) {
  RecordTimes(status.error_code());
  if (read_deadline_.has_value()) read_deadline_->Cancel();
  Finish(status);
}

void GetFeaturesCall::RecordTimes(int code) {
  const auto now = Steady::now();
  parts_.stats->Count(code, now - started_);
  const int64_t slow_ms = parts_.settings->slow_request_ms();
  if (slow_ms == 0 || now - started_ < std::chrono::milliseconds(slow_ms)) {
    return;
  }
  parts_.query.stats->CountSlow();
  SlowRequest slow;
  slow.request_id = request_id_;
  if (message_ != nullptr) slow.asked = message_->feature_service();
  slow.rows = scratch_->query.rows();
  slow.code = code;
  slow.times = {.plan = planned_ - started_,
                .cached = looked_up_ - planned_,
                .disk = now - looked_up_,
                .total = now - started_};
  parts_.slow_log->Log(slow, now);
}

}  // namespace

grpc::ServerUnaryReactor* StartGetFeatures(const CallParts& parts,
                                           grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* request,
                                           grpc::ByteBuffer* response) {
  auto call = std::make_shared<GetFeaturesCall>(parts, response);
  call->Start(context, request);
  return call.get();
}

}  // namespace freshet
