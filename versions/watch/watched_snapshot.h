// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "storage/protocol/watch_protocol.h"
#include "versions/catalog.h"
#include "versions/load_jobs.h"

namespace freshet {

// The newest snapshot of one watched source, and what became of it: loaded
// once, tried again when that failed for the moment, left alone when it would
// fail again. Not thread-safe.
class WatchedSnapshot {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // `view` and `definitions_hash` name the loads: when the definitions change,
  // what failed is tried once more.
  WatchedSnapshot(std::string view, std::string definitions_hash);

  // To be called for each sighting of a complete snapshot: starts a load if one
  // is due. Returns what there is to say of it, "" if nothing.
  std::string Take(const Sighting& sighting, const CatalogState& catalog,
                   LoadJobs& loads, Time now);

  // Why the last load of the snapshot that was seen failed; OK: it did not.
  const absl::Status& trouble() const { return trouble_; }

 private:
  enum class Stage { kDue, kLoading, kSettled };

  std::string Start(const Sighting& sighting, LoadJobs& loads, Time now);
  std::string Follow(const LoadJob& job, Time now);
  std::string Fail(const absl::Status& why, Time now);

  const std::string view_;
  const std::string definitions_hash_;
  std::string path_;
  uint64_t sum_ = 0;
  int64_t generation_ = 1;  // Of the view.
  Stage stage_ = Stage::kSettled;
  int attempt_ = 0;   // Of those that the daemon remembers.
  int failures_ = 0;  // Since it looks as it does.
  absl::Status trouble_;
  Time due_at_;
  std::string job_;
};

// Whether a kept version of `view` was made from these files by the schema that
// the next load would be written with.
bool IsLoaded(const CatalogState& catalog, const Sighting& sighting);

}  // namespace freshet
