// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "versions/catalog_state.h"

namespace freshet {

// The one small file that says which versions exist and what was applied: two
// copies, `catalog.a` and `catalog.b`, written in turn and fsynced, each with
// a sum and a sequence number; the newest whole one counts. A commit is done
// when its copy is synced: nothing before it happened, everything after it
// did. Safe to use from any thread; a change must not call Commit itself.
class Catalog {
 public:
  using StatePtr = std::shared_ptr<const CatalogState>;

  // Reads the newest whole copy in `dir`. If there is none, `found()` is false
  // and the state empty: the caller rebuilds it from the directories.
  // FAILED_PRECONDITION if a whole copy cannot be understood: another release
  // wrote it. DATA_LOSS never: a damaged copy is as if it were missing, and
  // both are said in `note()`. The copies are synced before they are believed:
  // what a killed daemon wrote last may be in memory only.
  static absl::StatusOr<std::unique_ptr<Catalog>> Open(std::string dir);

  bool found() const { return found_; }
  const std::string& note() const { return note_; }

  // Never null.
  StatePtr state() const;

  // Applies `change` to a copy of the state, writes it, then publishes it.
  // An error from `change`, or a copy that could not be written whole, changes
  // nothing. Once a whole copy may have reached the disk without being known
  // to (fsync failed; it is never retried), the state stays as it was and all
  // later commits are UNAVAILABLE until the daemon restarts.
  absl::Status Commit(const std::function<absl::Status(CatalogState&)>& change);

  // Whether a failed commit may count after a restart.
  bool may_count() const;

  // Called after each commit, in their order, with the states before and after
  // it. Must not commit. Set it before other threads use the catalog.
  using Listener = std::function<void(const CatalogState& before,
                                      const CatalogState& after)>;
  void SetListener(Listener listener);

 private:
  Catalog(std::string dir, CatalogState state, bool found, std::string note);

  absl::Status Write(const CatalogState& state)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(commit_mu_);

  const std::string dir_;
  const bool found_;
  const std::string note_;
  mutable Mutex commit_mu_;  // Held for a whole commit; before mu_.
  Listener listener_ ABSL_GUARDED_BY(commit_mu_);
  // Why nothing more can be committed; "": it can.
  std::string broken_ ABSL_GUARDED_BY(commit_mu_);
  mutable Mutex mu_;
  StatePtr state_ ABSL_GUARDED_BY(mu_);
};

}  // namespace freshet
