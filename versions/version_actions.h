// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "versions/catalog.h"
#include "versions/publisher.h"

namespace freshet {

class Clock;

// What an operator does to versions. Each action is one catalog commit,
// followed by a refresh of the serving set; when it returns OK, requests that
// start later see it. Errors
// name the view and version and what there is instead; `committed, but ...`
// says that the action is done and something else is in trouble. Safe to use
// from any thread.
class VersionActions {
 public:
  using Wait = std::function<bool()>;
  static constexpr size_t kReadAheadsMax = 8;

  VersionActions(std::string dir, Catalog& catalog, Publisher& publisher,
                 const Clock& clock);

  // FAILED_PRECONDITION for a version that is held, corrupt or of another key;
  // one that was found corrupt is read back whole first, and may be whole again
  // (blocks for long). Commits nothing if it is current already. An older as_of
  // than the current one's is allowed: a person asks. DATA_LOSS if it turns out
  // damaged: it is marked corrupt, and what serves stays.
  //
  // With `wait` its rows are read ahead before it serves (Publisher::ReadAhead)
  // while `wait` is true: CANCELLED once it is not, FAILED_PRECONDITION if
  // another version became current meanwhile, RESOURCE_EXHAUSTED while that
  // goes on for the view already, or for kReadAheadsMax others. Null: it serves
  // at once.
  absl::Status Activate(const std::string& view, int64_t version,
                        const std::string& who, const Wait& wait = nullptr);
  // To the version that was current before (after a rollback: the one rolled
  // back from); returns it. At once: requests find of its rows what the cache
  // still has.
  absl::StatusOr<int64_t> Rollback(const std::string& view,
                                   const std::string& who);
  // FAILED_PRECONDITION for pinning one that is corrupt.
  absl::Status Pin(const std::string& view, int64_t version, bool pinned);
  // Version 0 removes the label. `current` and `previous` are refused: they
  // are positions.
  absl::Status SetLabel(const std::string& view, const std::string& label,
                        int64_t version);
  // Lets a held version go live: it becomes current, and after it those that
  // waited only because they are laid over it. In a snapshot group they wait
  // for the rest of their runs, as if they had been loaded now. `wait` as
  // Activate has it.
  absl::Status Approve(const std::string& view, int64_t version,
                       const std::string& who, const Wait& wait = nullptr);
  // Deletes a held version, and those that are laid over it; returns them all.
  absl::StatusOr<std::vector<int64_t>> Reject(const std::string& view,
                                              int64_t version);
  // Refused for the current version, for pinned and labelled ones, and for one
  // that another is laid over.
  absl::Status Delete(const std::string& view, int64_t version);

  // Deletes what retention no longer keeps, of one view: beyond the `versions`
  // that served last, or committed longer than `max_age` ago. Those that are
  // held, corrupt or were never activated count apart, by their commits, so
  // that none of them takes the place of the one to roll back to. The view that
  // was removed from the definitions keeps none.
  absl::Status ApplyRetention(const std::string& view);
  // Deletes one version of any view, to make room: a corrupt one, else the
  // oldest kept one that is unprotected, and what a view would roll back to
  // last; never one that is held. NOT_FOUND if there is none.
  absl::Status DeleteOldest();

 private:
  using Choice =
      std::function<absl::StatusOr<std::vector<int64_t>>(const ViewRecord&)>;

  absl::Status ClearDamage(const std::string& view, int64_t version);
  absl::Status MakeCurrent(const std::string& view,
                           const Activation& activation, const Wait& wait);
  absl::Status Warm(const ViewRecord& view, const Manifest& next,
                    const Wait& wait);
  absl::Status BeginReadAhead(const std::string& view);
  void EndReadAhead(const std::string& view);
  // One commit, then a refresh.
  absl::Status Change(
      const std::string& view,
      const std::function<absl::Status(ViewRecord&, CatalogState&)>& change);
  // Commits that the versions chosen are gone, stops serving them, removes
  // their directories. Returns them.
  absl::StatusOr<std::vector<int64_t>> Erase(const std::string& view,
                                             const Choice& choose);
  absl::Status Refresh(const std::string& view);

  const std::string dir_;
  Catalog& catalog_;
  Publisher& publisher_;
  const Clock& clock_;
  Mutex mu_;
  std::set<std::string> reading_ahead_ ABSL_GUARDED_BY(mu_);  // Views.
};

}  // namespace freshet
