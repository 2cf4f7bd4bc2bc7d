// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"

namespace freshet {

class LoadJobs;

namespace v1 {
class GetLoadRequest;
class ListLoadsRequest;
class ListLoadsResponse;
class LoadJob;
class LoadSnapshotRequest;
}  // namespace v1

// The admin service's calls about loads. Safe to use from any thread.
class LoadCalls {
 public:
  explicit LoadCalls(LoadJobs& loads) : loads_(loads) {}

  absl::Status Start(const v1::LoadSnapshotRequest& request,
                     const std::string& who, v1::LoadJob* job);
  absl::Status Get(const v1::GetLoadRequest& request, v1::LoadJob* job);
  absl::Status List(const v1::ListLoadsRequest& request,
                    v1::ListLoadsResponse* response);
  absl::Status Cancel(const v1::GetLoadRequest& request, v1::LoadJob* job);

  // Calls `send` with the job now and after each change until it ended, `send`
  // returned false, or `keep_going` did, which is asked twice a second.
  absl::Status Watch(const v1::GetLoadRequest& request,
                     const std::function<bool()>& keep_going,
                     const std::function<bool(const v1::LoadJob&)>& send);

 private:
  LoadJobs& loads_;
};

}  // namespace freshet
