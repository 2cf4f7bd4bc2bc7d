// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "loader/remote/object_store.h"
#include "loader/snapshot/snapshot_files.h"
#include "storage/protocol/watch_protocol.h"

namespace freshet {

// Looks at one source: what its newest complete snapshot is; of upserts, each
// in a directory, which is the next to be loaded. Remembers what it saw, as
// only that tells whether a source has become quiet. Not thread-safe.
class Lookout {
 public:
  using Time = std::chrono::steady_clock::time_point;

  Lookout(WatchedSource watched, std::vector<std::string> roots, S3Settings s3);

  // `after` is WatchedSource's.
  Sighting Look(Time now, const std::string& after = "");

 private:
  // A snapshot's sum, and since when it is so.
  struct Quiet {
    uint64_t sum = 0;
    Time since;
  };

  const WatchSettings& watch() const { return *watched_.source.watch; }

  absl::Status Find(Time now, const std::string& after, Sighting& sighting);
  absl::Status FindNext(Time now, const std::string& after,
                        const std::vector<std::string>& names,
                        Sighting& sighting);
  void NoteLate(const std::string& after, const std::vector<std::string>& names,
                Sighting& sighting);
  absl::Status LookAt(const std::string& path, Time now, Sighting& sighting);
  absl::Status CheckComplete(const SnapshotListing& listing,
                             const Sighting& sighting, Time now);
  absl::Status CheckMarker(const SnapshotListing& listing,
                           const std::string& path) const;
  // Names of the directories right beneath the source, the last first.
  absl::StatusOr<std::vector<std::string>> Directories();
  absl::StatusOr<SnapshotListing> List(const std::string& path);
  absl::Status OpenStore();

  const WatchedSource watched_;
  const std::vector<std::string> roots_;
  const S3Settings s3_;
  std::unique_ptr<ObjectStore> store_;  // Null: files of this machine.
  // What this look and the one before saw, by path.
  std::map<std::string, Quiet> quiet_;
  std::map<std::string, Quiet> quiet_before_;
  // Directories that the look before saw, of upserts; nullopt: there was none.
  std::optional<std::set<std::string>> names_before_;
};

}  // namespace freshet
