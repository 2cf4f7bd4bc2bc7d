// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "freshet/v1/push.grpc.pb.h"

namespace freshet {

// One PushStream: requests are sent without waiting for the answers of those
// before, of which a few may be missing. Not thread-safe.
class EventStream {
 public:
  // Of the events of a request, the lines or rows that they stand in.
  using Lines = std::vector<int64_t>;
  using Use =
      std::function<void(const v1::PushResponse& answer, const Lines& lines)>;

  // `unit`: what Lines are, `line` or `row`, for messages. `use` is called for
  // each answer that is no error, in the order of requests.
  EventStream(v1::PushService::Stub& stub, std::string_view unit, Use use);
  ~EventStream();
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  // False: something is wrong, and End says what.
  bool Send(const v1::PushRequest& request, Lines lines);

  // Waits for the answers that are missing. What went wrong first: the stream
  // broke, or the daemon took nothing of a request.
  struct Ended {
    grpc::Status status;
    bool refused = false;  // The daemon said so in an answer.
    int64_t unknown = 0;   // Events that were sent, and perhaps taken.
  };
  Ended End();

 private:
  // One answer; false: there is none.
  bool Read();

  grpc::ClientContext context_;
  const std::string unit_;
  const Use use_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::PushRequest, v1::PushResponse>>
      call_;
  std::deque<Lines> unanswered_;
  grpc::Status refusal_;
  bool ended_ = false;
};

}  // namespace freshet
