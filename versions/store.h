// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "config/settings.h"
#include "versions/catalog.h"
#include "versions/definitions_store.h"
#include "versions/load_jobs.h"
#include "versions/publisher.h"
#include "versions/rules/catalog_changes.h"
#include "versions/serving.h"
#include "versions/serving_parts/reaper.h"
#include "versions/upkeep/reconcile.h"
#include "versions/version_actions.h"

namespace freshet {

class Clock;
class Erasure;

// The storage directory of one daemon, open: locked, reconciled, serving.
//
// Opening takes the lock before it touches anything (a second daemon gets
// ALREADY_EXISTS naming the first one's pid), waits for orphan loaders to end,
// reads or rebuilds the catalog, removes `*.building` and `*.deleting`, sets
// unknown directories aside (deleted after the grace period, never on the
// word of a missing catalog), opens what must serve and publishes it.
// Safe to use from any thread once open. Whoever holds a serving set must let
// go of it before the store is destroyed.
class Store {
 public:
  struct Options {
    std::string directory;
    StorageSettings storage;
    LoadSettings load;
    // What memory is free now, for loads; empty: they are not refused for it.
    std::function<absl::StatusOr<int64_t>()> free_memory;
    std::function<void(const LoadJob&)> on_load_change;
    // What happened to versions, for the log; from any thread. May be empty.
    std::function<void(const CatalogChange&)> on_change;
    // What is done of itself, for the log: see Folder. May be empty.
    std::function<void(const std::string& sentence, bool trouble)> say;
    const Clock* clock;
    // Lives as long as anything is served, and not longer than what it is given
    // then. May be empty.
    ServeLive live;
  };
  static absl::StatusOr<std::unique_ptr<Store>> Open(Options options);
  ~Store();

  // What start-up found and did, one sentence each, for the log.
  const std::vector<StartNote>& notes() const;

  // What time brings, to be called every minute or so: versions that could not
  // be opened are tried again, retention by age, and directories set aside
  // whose grace period is over. Returns what it removed of the latter, one
  // sentence each.
  absl::StatusOr<std::vector<std::string>> Tidy();

  Serving& serving();
  Catalog& catalog();
  Publisher& publisher();
  VersionActions& actions();
  DefinitionsStore& definitions();
  LoadJobs& loads();
  Erasure& erasure();

 private:
  struct Parts;
  explicit Store(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace freshet
