// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "base/mutex.h"
#include "features/view_schemas.h"
#include "storage/store_resources.h"
#include "versions/catalog.h"
#include "versions/serving.h"
#include "versions/serving_parts/recent_keys.h"
#include "versions/serving_parts/served_views.h"

namespace freshet {

struct Opening;

// Brings whoever keeps windows and live rows in line with definitions that were
// applied, and says how these are served. Called by one thread at a time; what
// it gives may use the resources.
using ServeLive = std::function<ServedLive(const AppliedViews& applied,
                                           StoreResources& resources)>;

// Brings the serving set in line with the catalog: opens what must be open
// (current, labelled and pinned versions), reuses what is, warms what is new,
// prepares the plans, publishes. A version that turns out damaged is marked
// corrupt in the catalog, and its view falls back to the newest kept version
// that opens; one that cannot be opened for another reason (descriptors,
// memory) is tried again by the next refresh, and its view keeps what serves.
// Safe to use from any thread; one refresh at a time.
class Publisher {
 public:
  // All must outlive this object. `dir` is the storage directory. Without
  // `live` nothing that comes of events is served.
  Publisher(std::string dir, Catalog& catalog, StoreResources& resources,
            Serving& serving, ServeLive live = {});

  // `now_micros` is for the record of a fallback. Publishes in any case, unless
  // the applied definitions cannot be read; returns the first thing that stood
  // in the way of `view` ("": of any), the others' is in their messages. A
  // version that was found damaged is no error of the refresh.
  absl::Status Refresh(int64_t now_micros, std::string_view view = "");

  // The same, and has who keeps windows and live rows say anew how these are
  // served.
  absl::Status RefreshLive(int64_t now_micros);

  // Whether the last refresh left a version unopened that another may open.
  bool has_trouble() const;

  // Opens and warms a version of the catalog without publishing it, so that a
  // commit that activates it is followed by a swap at once. DATA_LOSS if it is
  // damaged. NOT_FOUND: the catalog has no such version.
  absl::Status Prepare(const std::string& view, int64_t version);

  // For a version with this chain that is about to serve: puts its rows into
  // the row cache for those keys that it holds of the version that serves, so
  // that the swap costs the readers nothing. On a thread of idle policy, a
  // second or two for a million rows; for up to a minute, or until `keep_going`
  // is false. Nothing, if nobody asks the view. DATA_LOSS: it is damaged.
  absl::Status ReadAhead(const VersionChain& next,
                         const std::function<bool()>& keep_going);

  // Before a commit that turns `state` into `next`: as Prepare and, while
  // `keep_going` says so, ReadAhead for what becomes current by it, but for the
  // view `but`. One that is damaged is marked corrupt in the catalog, which is
  // no error: the commit finds it so. `keep_going` may be null: nothing is read
  // ahead.
  absl::Status PrepareNext(const CatalogState& state, const CatalogState& next,
                           const std::string& but,
                           const std::function<bool()>& keep_going);

  // Reads a version back whole, whatever the catalog thinks of it. DATA_LOSS
  // names what is damaged. Blocks for long.
  absl::Status Verify(const ViewRecord& view, const Manifest& manifest) const;

  // What the last refresh read. Never null.
  std::shared_ptr<const Definitions> definitions() const;

  // Of all that is open.
  StoreResources::Stats memory() const;

  // Where requests record keys for warm-up. Lives as long as this object;
  // null for a view that was never served.
  RecentKeys* recent_keys(std::string_view view) const;

 private:
  using Trouble = std::map<VersionKey, absl::Status>;

  absl::Status ReadDefinitions(const CatalogState& state)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(refresh_mu_);
  Trouble OpenMissing(const CatalogState& state)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(refresh_mu_);
  absl::Status MarkCorrupt(const Trouble& trouble, int64_t now_micros);
  void Publish(const CatalogState& state, const Trouble& trouble)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(refresh_mu_);
  Opening OpeningOf(const ViewRecord& view, const Manifest& manifest) const;

  const std::string dir_;
  Catalog& catalog_;
  StoreResources& resources_;
  Serving& serving_;
  const ServeLive serve_live_;
  Mutex refresh_mu_;  // Held for a whole refresh; before mu_.
  uint64_t definitions_hash_ ABSL_GUARDED_BY(refresh_mu_) = 0;
  // Of these definitions.
  ServedLive live_ ABSL_GUARDED_BY(refresh_mu_);
  mutable Mutex mu_;
  bool has_trouble_ ABSL_GUARDED_BY(mu_) = false;
  std::shared_ptr<const Definitions> definitions_ ABSL_GUARDED_BY(mu_);
  // Opened ahead by Prepare, or open in the last set published.
  OpenVersions open_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, std::unique_ptr<RecentKeys>, std::less<>> recent_
      ABSL_GUARDED_BY(mu_);
};

}  // namespace freshet
