// SPDX-License-Identifier: Apache-2.0
#include "versions/serving_set.h"

#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/status.h"
#include "config/nearest.h"
#include "versions/serving_parts/plan_builder.h"

namespace freshet {

ServingSet::ServingSet(std::shared_ptr<const Definitions> definitions,
                       std::string definitions_hash,
                       std::vector<ServedView> views,
                       std::vector<ServedWindows> windows)
    : definitions_(std::move(definitions)),
      hash_(std::move(definitions_hash)),
      views_(std::move(views)),
      windows_(std::move(windows)) {
  for (size_t i = 0; i < views_.size(); ++i) {
    CHECK(views_[i].feature_ids.size() == views_[i].definition.features.size());
    by_name_.emplace(views_[i].definition.name, i);
  }
  for (size_t i = 0; i < windows_.size(); ++i) {
    windows_by_name_.emplace(windows_[i].definition.name, i);
  }
  for (const FeatureService& service : definitions_->services) {
    plans_.emplace(service.name, MakeServicePlan(service.name, {}));
  }
}

const ServedView* ServingSet::FindView(std::string_view name) const {
  const auto it = by_name_.find(name);
  return it == by_name_.end() ? nullptr : &views_[it->second];
}

const ServedWindows* ServingSet::FindWindows(std::string_view name) const {
  const auto it = windows_by_name_.find(name);
  return it == windows_by_name_.end() ? nullptr : &windows_[it->second];
}

absl::StatusOr<std::shared_ptr<const Plan>> ServingSet::ServicePlan(
    std::string_view service) const {
  const auto it = plans_.find(service);
  if (it != plans_.end()) return it->second;
  if (plans_.empty()) {
    return NotFound("no feature service '{}'; none is defined", service);
  }
  std::vector<std::string> names;
  for (const auto& [name, plan] : plans_) names.push_back(name);
  return NotFound("no feature service '{}'; {}", service,
                  NearestText(service, names));
}

absl::StatusOr<std::shared_ptr<const Plan>> ServingSet::MakePlan(
    std::span<const std::string> references,
    const VersionChoice& choice) const {
  if (!choice.empty()) return BuildPlan(references, choice);
  if (std::shared_ptr<const Plan> known = memo_->Find(references)) return known;
  ASSIGN_OR_RETURN(std::shared_ptr<const Plan> plan,
                   BuildPlan(references, choice));
  memo_->Keep(references, plan);
  return plan;
}

absl::StatusOr<std::shared_ptr<const Plan>> ServingSet::BuildPlan(
    std::span<const std::string> references,
    const VersionChoice& choice) const {
  PlanBuilder builder(*this, choice);
  for (const std::string_view reference : references) {
    const size_t dot = reference.find('.');
    if (dot == std::string_view::npos || dot == 0 ||
        dot + 1 == reference.size()) {
      return InvalidArgument("'{}' is no reference; write view.feature",
                             reference);
    }
    const std::string_view view = reference.substr(0, dot);
    const std::string_view feature = reference.substr(dot + 1);
    RETURN_IF_ERROR(feature == "*" ? builder.AddAll(view)
                                   : builder.Add(view, feature));
  }
  return builder.Finish();
}

absl::StatusOr<std::shared_ptr<const Plan>> ServingSet::MakeServicePlan(
    std::string_view service, const VersionChoice& choice) const {
  const FeatureService* found =
      definitions_ == nullptr ? nullptr : definitions_->FindService(service);
  if (found == nullptr) return ServicePlan(service);  // Says what there is.
  PlanBuilder builder(*this, choice);
  for (const FeatureRef& ref : found->features) {
    RETURN_IF_ERROR(builder.Add(ref.view, ref.feature));
  }
  return builder.Finish();
}

}  // namespace freshet
