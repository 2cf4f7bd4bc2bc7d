// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "versions/plan.h"
#include "versions/serving_set.h"

namespace freshet {

// Resolves features one by one against the versions that a choice picks. For
// ServingSet; not thread-safe, and both arguments must outlive it.
class PlanBuilder {
 public:
  PlanBuilder(const ServingSet& set, const VersionChoice& choice);

  // NOT_FOUND, INVALID_ARGUMENT: as ServingSet::MakePlan.
  absl::Status Add(std::string_view view, std::string_view feature);
  absl::Status AddAll(std::string_view view);

  // NOT_FOUND if no view of the plan carries the label wanted.
  absl::StatusOr<std::shared_ptr<const Plan>> Finish();

 private:
  absl::StatusOr<size_t> ViewIndex(std::string_view name);
  absl::StatusOr<size_t> AddView(PlannedView planned);
  absl::Status AddKeys(const PlannedView& view);
  absl::Status AddOfWindows(const ServedWindows& windows,
                            std::string_view feature);
  absl::StatusOr<std::shared_ptr<const Version>> Choose(const ServedView& view);
  void AddFeature(const ServedView& view, size_t view_index, size_t feature);
  void AddWindow(const ServedWindows& windows, size_t view_index,
                 size_t feature);
  void Push(PlannedFeature planned);
  absl::Status CheckChoice() const;

  const ServingSet& set_;
  const VersionChoice& choice_;
  bool label_found_ = false;
  std::shared_ptr<Plan> plan_;
  std::map<std::string, size_t, std::less<>> index_;  // Of plan_->views.
  // Of those of windows: which of their features are asked for, each once.
  std::map<size_t, std::vector<size_t>> outputs_;
  // Of those with live rows: the same.
  std::map<size_t, std::vector<Column>> overlaid_;
};

}  // namespace freshet
