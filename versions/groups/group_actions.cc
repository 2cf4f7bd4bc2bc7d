// SPDX-License-Identifier: Apache-2.0
#include "versions/groups/group_actions.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/status.h"

namespace freshet {

GroupActions::GroupActions(Catalog& catalog, Publisher& publisher,
                           const Clock& clock)
    : catalog_(catalog), publisher_(publisher), clock_(clock) {}

absl::StatusOr<RunVersions> GroupActions::Activate(const std::string& group,
                                                   const std::string& run,
                                                   const std::string& who,
                                                   const Wait& wait) {
  return MakeCurrent(group,
                     {.at_micros = clock_.NowMicros(),
                      .why = "activate",
                      .who = who,
                      .run = run},
                     wait);
}

absl::StatusOr<RunVersions> GroupActions::Rollback(const std::string& group,
                                                   const std::string& who) {
  ASSIGN_OR_RETURN(const std::string run,
                   PreviousRun(*catalog_.state(), group));
  return MakeCurrent(group,
                     {.at_micros = clock_.NowMicros(),
                      .why = "rollback",
                      .who = who,
                      .run = run},
                     /*wait=*/nullptr);
}

absl::StatusOr<RunVersions> GroupActions::MakeCurrent(const std::string& group,
                                                      const Activation& how,
                                                      const Wait& wait) {
  RunVersions versions;
  const auto take = [&](CatalogState& state) -> absl::Status {
    ASSIGN_OR_RETURN(versions, FindRun(state, group, how.run));
    ActivateRun(versions, how, state);
    return SettleGroups(how, state);
  };
  const Catalog::StatePtr state = catalog_.state();
  CatalogState next = *state;
  RETURN_IF_ERROR(take(next));
  RETURN_IF_ERROR(publisher_.PrepareNext(*state, next, /*but=*/"", wait));
  if (wait != nullptr && !wait()) {
    return Cancelled("run '{}' of snapshot group '{}' was not activated",
                     how.run, group);
  }
  RETURN_IF_ERROR(catalog_.Commit(take));
  RETURN_IF_ERROR(
      Annotate(publisher_.Refresh(how.at_micros), "committed, but"));
  return versions;
}

}  // namespace freshet
