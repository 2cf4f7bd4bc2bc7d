// SPDX-License-Identifier: Apache-2.0
#include "cli/push/event_stream.h"

#include <fmt/format.h>

#include <utility>

namespace freshet {
namespace {

// So many requests wait for their answers: the daemon has always one to write.
constexpr size_t kUnansweredMax = 8;

}  // namespace

EventStream::EventStream(v1::PushService::Stub& stub, std::string_view unit,
                         Use use)
    : unit_(unit), use_(std::move(use)), call_(stub.PushStream(&context_)) {}

EventStream::~EventStream() {
  if (ended_) return;
  context_.TryCancel();
  call_->Finish();
}

bool EventStream::Send(const v1::PushRequest& request, Lines lines) {
  unanswered_.push_back(std::move(lines));
  if (!call_->Write(request)) return false;
  if (unanswered_.size() == kUnansweredMax && !Read()) return false;
  return refusal_.ok();
}

bool EventStream::Read() {
  v1::PushResponse answer;
  if (!call_->Read(&answer)) return false;
  const Lines lines = std::move(unanswered_.front());
  unanswered_.pop_front();
  if (answer.code() == 0) {
    use_(answer, lines);
  } else if (refusal_.ok()) {
    refusal_ = grpc::Status(
        static_cast<grpc::StatusCode>(answer.code()),
        fmt::format("{}s {} to {}: {} (request_id: {})", unit_, lines.front(),
                    lines.back(), answer.message(), answer.request_id()));
  }
  return true;
}

EventStream::Ended EventStream::End() {
  call_->WritesDone();
  while (!unanswered_.empty() && Read()) {
  }
  ended_ = true;
  Ended ended{.status = call_->Finish()};
  for (const Lines& lines : unanswered_) {
    ended.unknown += static_cast<int64_t>(lines.size());
  }
  if (!refusal_.ok()) {
    ended.status = refusal_;
    ended.refused = true;
  } else if (ended.status.ok() && !unanswered_.empty()) {
    ended.status = grpc::Status(grpc::StatusCode::CANCELLED,
                                "the stream ended before its last answer");
  }
  return ended;
}

}  // namespace freshet
