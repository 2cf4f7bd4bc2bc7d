// SPDX-License-Identifier: Apache-2.0
#include "server/admin/load_calls.h"

#include "base/error.h"
#include "base/status.h"
#include "freshet/v1/admin.pb.h"
#include "server/admin/to_proto.h"
#include "versions/load_jobs.h"

namespace freshet {
namespace {

constexpr size_t kIdempotencyKeyMax = 128;
constexpr std::chrono::milliseconds kLookEvery(500);

}  // namespace

absl::Status LoadCalls::Start(const v1::LoadSnapshotRequest& request,
                              const std::string& who, v1::LoadJob* job) {
  if (request.idempotency_key().size() > kIdempotencyKeyMax) {
    return InvalidArgument("idempotency_key has {} bytes, the limit is {}",
                           request.idempotency_key().size(),
                           kIdempotencyKeyMax);
  }
  LoadRequest load;
  load.view = request.view();
  load.path = request.path();
  load.idempotency_key = request.idempotency_key();
  load.no_activate = request.no_activate();
  load.dry_run = request.dry_run();
  load.full = request.full();
  load.has_as_of = request.has_as_of_micros();
  load.as_of_micros = request.as_of_micros();
  load.label = request.label();
  load.run = request.run();
  load.who = who;
  ASSIGN_OR_RETURN(const LoadJob started, loads_.Start(load));
  ToProto(started, job);
  return absl::OkStatus();
}

absl::Status LoadCalls::Get(const v1::GetLoadRequest& request,
                            v1::LoadJob* job) {
  ASSIGN_OR_RETURN(const LoadJob found, loads_.Get(request.id()));
  ToProto(found, job);
  return absl::OkStatus();
}

absl::Status LoadCalls::List(const v1::ListLoadsRequest& request,
                             v1::ListLoadsResponse* response) {
  for (const LoadJob& job : loads_.List()) {
    if (!request.view().empty() && job.request.view != request.view()) continue;
    ToProto(job, response->add_loads());
  }
  return absl::OkStatus();
}

absl::Status LoadCalls::Cancel(const v1::GetLoadRequest& request,
                               v1::LoadJob* job) {
  ASSIGN_OR_RETURN(const LoadJob cancelled, loads_.Cancel(request.id()));
  ToProto(cancelled, job);
  return absl::OkStatus();
}

absl::Status LoadCalls::Watch(
    const v1::GetLoadRequest& request, const std::function<bool()>& keep_going,
    const std::function<bool(const v1::LoadJob&)>& send) {
  ASSIGN_OR_RETURN(LoadJob job, loads_.Get(request.id()));
  int64_t sent = job.revision - 1;
  while (true) {
    if (job.revision != sent) {
      v1::LoadJob message;
      ToProto(job, &message);
      if (!send(message)) return Cancelled("the watcher is gone");
      sent = job.revision;
    }
    if (job.ended()) return absl::OkStatus();
    if (!keep_going()) {
      return Unavailable(
          "the watch of load '{}' ends, the load may go on; ask again with "
          "GetLoad",
          request.id());
    }
    ASSIGN_OR_RETURN(job, loads_.WaitForChange(request.id(), sent, kLookEvery));
  }
}

}  // namespace freshet
