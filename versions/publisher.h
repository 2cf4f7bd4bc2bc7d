// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "base/mutex.h"
#include "versions/catalog.h"
#include "versions/recent_keys.h"
#include "versions/serving.h"

namespace freshet {

class StoreResources;

// Brings the serving set in line with the catalog: opens what must be open
// (current, labelled and pinned versions), reuses what is, warms what is new,
// prepares the plans, publishes. A version that cannot be opened is marked
// corrupt in the catalog and its view falls back to the newest kept version
// that opens, or keeps the one that serves. Safe to use from any thread; one
// refresh at a time.
class Publisher {
 public:
  // All must outlive this object. `dir` is the storage directory.
  Publisher(std::string dir, Catalog& catalog, StoreResources& resources,
            Serving& serving);

  // `now_micros` and `who` are for the record of a fallback.
  absl::Status Refresh(int64_t now_micros);

  // Opens and warms a version of the catalog without publishing it, so that a
  // commit that activates it is followed by a swap at once. DATA_LOSS if it
  // does not open.
  absl::Status Prepare(const std::string& view, int64_t version);

  // Where requests record keys for warm-up. Lives as long as this object;
  // null for a view that is not served.
  RecentKeys* recent_keys(std::string_view view) const;

 private:
  std::string dir_;
  Catalog& catalog_;
  StoreResources& resources_;
  Serving& serving_;
  Mutex refresh_mu_;
  mutable Mutex mu_;
  // Opened ahead by Prepare, or open in the last set published.
  std::map<std::pair<std::string, int64_t>, std::shared_ptr<const Version>>
      open_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, std::unique_ptr<RecentKeys>, std::less<>> recent_
      ABSL_GUARDED_BY(mu_);
};

}  // namespace freshet
