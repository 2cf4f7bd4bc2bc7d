// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "config/definitions.h"
#include "config/settings.h"
#include "storage/protocol/load_protocol.h"
#include "versions/catalog.h"
#include "versions/commit.h"
#include "versions/loads/admission.h"
#include "versions/loads/job_table.h"
#include "versions/loads/layer_plan.h"
#include "versions/loads/load_eta.h"
#include "versions/loads/loader_process.h"
#include "versions/publisher.h"
#include "versions/version_actions.h"

namespace freshet {

class Clock;
class Erasure;

// What every load needs of the daemon. All outlive the loads.
struct LoadParts {
  std::string dir;  // Storage directory.
  int64_t disk_reserve_bytes = 0;
  std::string build;
  Catalog* catalog = nullptr;
  Publisher* publisher = nullptr;
  VersionActions* actions = nullptr;
  Erasure* erasure = nullptr;
  const Clock* clock = nullptr;
  FreeMemory free_memory;
  DiskAdmission* disk = nullptr;
  JobTable* jobs = nullptr;
};

// One load, from the snapshot to the version that serves. Run blocks and is
// called once; Cancel may come from any thread.
class LoadRun {
 public:
  // `id` is in the table of jobs.
  LoadRun(const LoadParts& parts, const LoadSettings& settings, std::string id);

  // Leaves the job ended. Whatever fails before the commit leaves the version
  // before in service and nothing on disk.
  void Run();

  // False: too late, it is being committed.
  bool Cancel();

  // As Cancel, but not recorded as an end: the daemon stops, and the load's
  // idempotency key is free again.
  void Abandon();

 private:
  absl::Status Load();
  absl::Status LoadOnce();
  // Whether another load over another version could succeed.
  bool WasOvertaken(const absl::Status& status) const;
  absl::StatusOr<LoadSpec> Prepare();
  absl::Status Build(const LoadSpec& spec);
  absl::Status OnProgress(const LoadProgress& progress);
  absl::Status Admit(int64_t source_bytes);
  CommitRequest RequestFor(const Manifest& built,
                           const CatalogState& state) const;
  absl::Status ReadAhead(const CommitRequest& request);
  absl::Status Commit(const LoadSpec& spec);
  absl::Status Publish();
  absl::Status Enter(JobPhase phase);
  // From here on it cannot be cancelled.
  absl::Status EnterCommit();
  // Each leaves the job ended; `note` is its message if it has none.
  void Finish(const std::string& note);
  void Fail(const absl::Status& status);
  void End(LoadJob job);
  bool cancelled() const;
  bool abandoned() const;
  LoadJob Job() const;

  const LoadParts& parts_;
  const LoadSettings settings_;
  const std::string id_;
  LoaderProcess loader_;
  LoadEta eta_;
  BatchFeatureView view_;
  LayerPlan layers_;
  int64_t version_ = 0;       // Allocated.
  std::string building_dir_;  // Made; "": not yet.
  bool admitted_ = false;     // By the size that the loader told.
  bool committed_ = false;    // The catalog names the version.
  mutable Mutex mu_;
  bool cancelled_ ABSL_GUARDED_BY(mu_) = false;
  bool abandoned_ ABSL_GUARDED_BY(mu_) = false;
  bool committing_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace freshet
