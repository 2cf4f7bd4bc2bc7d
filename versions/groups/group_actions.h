// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "versions/catalog.h"
#include "versions/groups/snapshot_groups.h"
#include "versions/publisher.h"

namespace freshet {

class Clock;

// What an operator does to a snapshot group: as VersionActions, for the
// versions of one run in all its views, in one commit. Safe to use from any
// thread.
class GroupActions {
 public:
  using Wait = std::function<bool()>;

  // All must outlive this object.
  GroupActions(Catalog& catalog, Publisher& publisher, const Clock& clock);

  // Makes a run current, also one that is older than what serves or was passed
  // by another. With `wait` the rows are read ahead while it is true, at most a
  // minute for each view; CANCELLED once it is not. NOT_FOUND: there is no such
  // group, or no such run in it. FAILED_PRECONDITION names the views that have
  // no version of it that can serve.
  absl::StatusOr<RunVersions> Activate(const std::string& group,
                                       const std::string& run,
                                       const std::string& who,
                                       const Wait& wait);
  // To the run that was live before (PreviousRun), at once.
  absl::StatusOr<RunVersions> Rollback(const std::string& group,
                                       const std::string& who);

 private:
  absl::StatusOr<RunVersions> MakeCurrent(const std::string& group,
                                          const Activation& how,
                                          const Wait& wait);

  Catalog& catalog_;
  Publisher& publisher_;
  const Clock& clock_;
};

}  // namespace freshet
