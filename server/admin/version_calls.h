// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "versions/groups/group_actions.h"

namespace freshet {

class Clock;
class Store;

namespace v1 {
class ActivateGroupRequest;
class ActivateRequest;
class ApproveRequest;
class GroupState;
class ListVersionsRequest;
class ListVersionsResponse;
class PinRequest;
class RollbackGroupRequest;
class RollbackRequest;
class SetLabelRequest;
class VersionDescription;
class VersionRequest;
class VersionState;
}  // namespace v1

// The admin service's calls about versions: each is one action, answered with
// the version as it then is. Safe to use from any thread.
class VersionCalls {
 public:
  VersionCalls(Store& store, const Clock& clock);

  absl::Status List(const v1::ListVersionsRequest& request,
                    v1::ListVersionsResponse* response);
  absl::Status DescribeVersion(const v1::VersionRequest& request,
                               v1::VersionDescription* description);
  // `wait` is asked while rows are read ahead, for whether to go on.
  absl::Status Activate(const v1::ActivateRequest& request,
                        const std::string& who,
                        const std::function<bool()>& wait,
                        v1::VersionState* state);
  absl::Status Rollback(const v1::RollbackRequest& request,
                        const std::string& who, v1::VersionState* state);
  absl::Status Pin(const v1::PinRequest& request, v1::VersionState* state);
  absl::Status SetLabel(const v1::SetLabelRequest& request,
                        v1::VersionState* state);
  absl::Status Approve(const v1::ApproveRequest& request,
                       const std::string& who,
                       const std::function<bool()>& wait,
                       v1::VersionState* state);
  absl::Status Delete(const v1::VersionRequest& request,
                      v1::VersionState* state);
  absl::Status ActivateGroup(const v1::ActivateGroupRequest& request,
                             const std::string& who,
                             const std::function<bool()>& wait,
                             v1::GroupState* state);
  absl::Status RollbackGroup(const v1::RollbackGroupRequest& request,
                             const std::string& who, v1::GroupState* state);

 private:
  absl::Status DescribeAll(const RunVersions& versions, v1::GroupState* state);
  // The version as it is now; DELETED if it is no more.
  absl::Status Describe(const std::string& view, int64_t version,
                        v1::VersionState* state);

  Store& store_;
  GroupActions groups_;
};

}  // namespace freshet
