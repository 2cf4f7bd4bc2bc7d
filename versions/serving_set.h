// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "config/definitions.h"
#include "storage/live/coverage.h"
#include "storage/version.h"
#include "versions/plan.h"
#include "versions/serving_parts/plan_memo.h"

namespace freshet {

// One view as it is served: its definition and its open versions.
struct ServedView {
  BatchFeatureView definition;
  std::vector<KeyPart> key;
  // Stable ids of the features, in the order of the definition.
  std::vector<uint32_t> feature_ids;
  std::shared_ptr<const Version> current;                  // Null: none.
  std::map<int64_t, std::shared_ptr<const Version>> open;  // With `current`.
  std::map<std::string, int64_t> labels;
  // There was a version that served, and none can.
  bool lost_version = false;
  // Of one with live rows: those; null: they cannot be read.
  LiveGeneration::Ptr live = nullptr;
  std::string message = {};  // What is wrong with it, if anything.

  // Whether requests get values, of all that it is defined to have.
  bool CanAnswer() const {
    if (definition.live && live == nullptr) return false;
    return current != nullptr || !definition.HasSnapshots();
  }
};

// One view of windows as it is served: what is computed, and the tiles.
struct ServedWindows {
  WindowedView definition;
  std::shared_ptr<const WindowedViewPlan> plan;
  LiveGeneration::Ptr generation = nullptr;  // Null: it cannot be read.
  // Never null.
  std::shared_ptr<Coverage> coverage = std::make_shared<Coverage>();
  // What answers up to its cut-over: made of the same tiles as the plan. Null:
  // there is none.
  std::shared_ptr<const Version> history = nullptr;
  // Of the change log, until its tiles are made as it is defined now. Null:
  // they are.
  std::shared_ptr<const std::atomic<uint64_t>> records_left = nullptr;
  std::string message = {};  // What is wrong with it, if anything.
};

// All that comes of events, as it is served.
struct ServedLive {
  std::vector<ServedWindows> windows = {};
  // Live rows that can be read, by view.
  std::map<std::string, LiveGeneration::Ptr> rows = {};
  std::string message = {};  // Why the others cannot.
};

// Which versions a request asks for instead of the current ones.
struct VersionChoice {
  std::string label;  // Where a view carries it; "": none.
  std::map<std::string, int64_t, std::less<>> pins;  // View -> version.

  bool empty() const { return label.empty() && pins.empty(); }
};

// Everything requests are answered from, at one instant: immutable. Prepared
// plans of all feature services are in it. Safe to use from any thread.
class ServingSet {
 public:
  ServingSet() = default;  // Empty.
  // Requires: `definitions` is checked, `views` has each of its views, and the
  // windows have other names.
  ServingSet(std::shared_ptr<const Definitions> definitions,
             std::string definitions_hash, std::vector<ServedView> views,
             std::vector<ServedWindows> windows = {});

  // Null if there is no such view, or it is of the other kind.
  const ServedView* FindView(std::string_view name) const;
  const ServedWindows* FindWindows(std::string_view name) const;
  const std::vector<ServedWindows>& windows() const { return windows_; }
  const std::vector<ServedView>& views() const { return views_; }
  const std::string& definitions_hash() const { return hash_; }

  // The prepared plan of a service. NOT_FOUND lists the nearest names.
  absl::StatusOr<std::shared_ptr<const Plan>> ServicePlan(
      std::string_view service) const;

  // A plan for `view.feature` references, or for other versions than the
  // current ones; `view.*` is all of a view. A pinned view that the plan does
  // not touch is ignored; a label must be carried by one of its views.
  // NOT_FOUND names the view, feature, version or label and the nearest names;
  // INVALID_ARGUMENT for a reference that is none, and for a join key that two
  // views have with different types. Made once per list of references while
  // the set serves (PlanMemo), but for chosen versions.
  absl::StatusOr<std::shared_ptr<const Plan>> MakePlan(
      std::span<const std::string> references,
      const VersionChoice& choice) const;
  absl::StatusOr<std::shared_ptr<const Plan>> MakeServicePlan(
      std::string_view service, const VersionChoice& choice) const;

 private:
  absl::StatusOr<std::shared_ptr<const Plan>> BuildPlan(
      std::span<const std::string> references,
      const VersionChoice& choice) const;

  std::shared_ptr<const Definitions> definitions_;
  std::string hash_;
  std::vector<ServedView> views_;
  std::vector<ServedWindows> windows_;
  std::map<std::string, size_t, std::less<>> by_name_;  // Of views_.
  std::map<std::string, size_t, std::less<>> windows_by_name_;
  std::map<std::string, absl::StatusOr<std::shared_ptr<const Plan>>,
           std::less<>>
      plans_;
  std::unique_ptr<PlanMemo> memo_ = std::make_unique<PlanMemo>();
};

}  // namespace freshet
