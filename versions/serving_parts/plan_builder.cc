// SPDX-License-Identifier: Apache-2.0
#include "versions/serving_parts/plan_builder.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/status.h"
#include "config/nearest.h"

namespace freshet {
namespace {

absl::Status NoSuchView(const ServingSet& set, std::string_view name) {
  std::vector<std::string> names;
  for (const ServedView& view : set.views()) {
    names.push_back(view.definition.name);
  }
  for (const ServedWindows& windows : set.windows()) {
    names.push_back(windows.definition.name);
  }
  return NotFound("no view '{}'; {}", name, NearestText(name, names));
}

template <typename F>
absl::Status NoSuchFeature(std::string_view view, std::string_view wanted,
                           const std::vector<F>& features) {
  std::vector<std::string> names;
  for (const F& feature : features) names.push_back(feature.name);
  return NotFound("view '{}' has no feature '{}'; {}", view, wanted,
                  NearestText(wanted, names));
}

}  // namespace

PlanBuilder::PlanBuilder(const ServingSet& set, const VersionChoice& choice)
    : set_(set), choice_(choice), plan_(std::make_shared<Plan>()) {}

absl::Status PlanBuilder::Add(std::string_view view_name,
                              std::string_view feature_name) {
  if (const ServedWindows* windows = set_.FindWindows(view_name)) {
    return AddOfWindows(*windows, feature_name);
  }
  ASSIGN_OR_RETURN(const size_t view_index, ViewIndex(view_name));
  const ServedView& view = *set_.FindView(view_name);
  const std::vector<Feature>& features = view.definition.features;
  const auto it =
      std::find_if(features.begin(), features.end(),
                   [&](const Feature& f) { return f.name == feature_name; });
  if (it == features.end()) {
    return NoSuchFeature(view_name, feature_name, features);
  }
  AddFeature(view, view_index, static_cast<size_t>(it - features.begin()));
  return absl::OkStatus();
}

absl::Status PlanBuilder::AddOfWindows(const ServedWindows& windows,
                                       std::string_view feature_name) {
  ASSIGN_OR_RETURN(const size_t view_index, ViewIndex(windows.definition.name));
  const auto& features = windows.plan->features;
  for (size_t i = 0; i < features.size(); ++i) {
    if (features[i].name != feature_name) continue;
    AddWindow(windows, view_index, i);
    return absl::OkStatus();
  }
  return NoSuchFeature(windows.definition.name, feature_name, features);
}

absl::Status PlanBuilder::AddAll(std::string_view view_name) {
  ASSIGN_OR_RETURN(const size_t view_index, ViewIndex(view_name));
  if (const ServedWindows* windows = set_.FindWindows(view_name)) {
    for (size_t i = 0; i < windows->plan->features.size(); ++i) {
      AddWindow(*windows, view_index, i);
    }
    return absl::OkStatus();
  }
  const ServedView& view = *set_.FindView(view_name);
  for (size_t i = 0; i < view.definition.features.size(); ++i) {
    AddFeature(view, view_index, i);
  }
  return absl::OkStatus();
}

absl::Status PlanBuilder::CheckChoice() const {
  for (const auto& [name, version] : choice_.pins) {
    if (set_.FindView(name) != nullptr) continue;
    if (set_.FindWindows(name) == nullptr) return NoSuchView(set_, name);
    return NotFound("view '{}' is computed from a stream and has no versions",
                    name);
  }
  if (choice_.label.empty() || label_found_) return absl::OkStatus();
  std::vector<std::string> labels;
  for (const PlannedView& view : plan_->views) {
    const ServedView* served = set_.FindView(view.name);
    if (served == nullptr) continue;
    for (const auto& [label, version] : served->labels) {
      labels.push_back(label);
    }
  }
  return NotFound("no view asked for carries the label '{}'; {}", choice_.label,
                  NearestText(choice_.label, labels));
}

absl::StatusOr<std::shared_ptr<const Plan>> PlanBuilder::Finish() {
  RETURN_IF_ERROR(CheckChoice());
  for (auto& [view_index, outputs] : outputs_) {
    PlannedView& view = plan_->views[view_index];
    view.windows = std::make_shared<const WindowFeatures>(
        set_.FindWindows(view.name)->plan, std::move(outputs));
  }
  for (auto& [view_index, columns] : overlaid_) {
    PlannedView& view = plan_->views[view_index];
    view.overlaid =
        std::make_shared<const OverlaidFeatures>(view.key, std::move(columns));
  }
  return std::move(plan_);
}

absl::StatusOr<size_t> PlanBuilder::ViewIndex(std::string_view name) {
  const auto known = index_.find(name);
  if (known != index_.end()) return known->second;
  PlannedView planned;
  planned.name = name;
  if (const ServedWindows* windows = set_.FindWindows(name)) {
    planned.key = windows->plan->event.key;
    planned.generation = windows->generation;
    planned.version = windows->history;
    planned.coverage = windows->coverage;
    planned.on_incomplete = windows->definition.on_incomplete;
    return AddView(std::move(planned));
  }
  const ServedView* view = set_.FindView(name);
  if (view == nullptr) return NoSuchView(set_, name);
  planned.key = view->key;
  planned.ttl_micros = view->definition.ttl_micros;
  planned.generation = view->live;
  ASSIGN_OR_RETURN(planned.version, Choose(*view));
  planned.lost_version = planned.version == nullptr && view->lost_version;
  return AddView(std::move(planned));
}

absl::StatusOr<size_t> PlanBuilder::AddView(PlannedView planned) {
  RETURN_IF_ERROR(AddKeys(planned));
  const size_t index = plan_->views.size();
  index_.emplace(planned.name, index);
  plan_->views.push_back(std::move(planned));
  return index;
}

absl::Status PlanBuilder::AddKeys(const PlannedView& view) {
  for (const KeyPart& part : view.key) {
    const auto same = std::find_if(
        plan_->keys.begin(), plan_->keys.end(),
        [&](const KeyPart& other) { return other.name == part.name; });
    if (same == plan_->keys.end()) {
      plan_->keys.push_back(part);
    } else if (same->type != part.type) {
      return InvalidArgument(
          "join key '{}' is {} in view '{}' and {} in another view of the same "
          "request; ask for them in two requests",
          part.name, part.type.ToString(), view.name, same->type.ToString());
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const Version>> PlanBuilder::Choose(
    const ServedView& view) {
  const std::string& name = view.definition.name;
  std::optional<int64_t> wanted;
  if (const auto label = view.labels.find(choice_.label);
      label != view.labels.end()) {
    label_found_ = true;
    wanted = label->second;
  }
  if (const auto pin = choice_.pins.find(name); pin != choice_.pins.end()) {
    wanted = pin->second;
  }
  if (!wanted.has_value()) return view.current;
  const auto open = view.open.find(*wanted);
  if (open != view.open.end()) return open->second;
  std::vector<int64_t> ids;
  for (const auto& [id, version] : view.open) ids.push_back(id);
  return NotFound(
      "view '{}' has no open version {}; open: {}; to open a kept one: "
      "freshet pin {} {}",
      name, *wanted,
      ids.empty() ? "none" : fmt::to_string(fmt::join(ids, ", ")), name,
      *wanted);
}

void PlanBuilder::AddFeature(const ServedView& view, size_t view_index,
                             size_t feature) {
  const Feature& definition = view.definition.features[feature];
  PlannedView& planned_view = plan_->views[view_index];
  PlannedFeature planned;
  planned.name = fmt::format("{}.{}", planned_view.name, definition.name);
  planned.view = view_index;
  planned.type = definition.type;
  planned.default_value = definition.default_value;
  planned.stored_type = definition.type;
  if (view.definition.live && view.feature_ids[feature] != 0) {
    const Column wanted = {.id = view.feature_ids[feature],
                           .name = definition.name,
                           .type = definition.type};
    std::vector<Column>& columns = overlaid_[view_index];
    const auto known = std::find(columns.begin(), columns.end(), wanted);
    planned.column = static_cast<size_t>(known - columns.begin());
    if (known == columns.end()) columns.push_back(wanted);
  } else if (planned_view.version != nullptr) {
    const RowSchema& schema = planned_view.version->schema();
    const auto column = schema.FindColumn(view.feature_ids[feature]);
    if (column.has_value() &&
        WidensTo(schema.columns()[*column].type, definition.type)) {
      planned.column = column;
      planned.stored_type = schema.columns()[*column].type;
    }
  }
  Push(std::move(planned));
}

void PlanBuilder::AddWindow(const ServedWindows& windows, size_t view_index,
                            size_t feature) {
  std::vector<size_t>& outputs = outputs_[view_index];
  const auto known = std::find(outputs.begin(), outputs.end(), feature);
  const WindowedViewPlan::Feature& definition = windows.plan->features[feature];
  PlannedFeature planned;
  planned.name = fmt::format("{}.{}", windows.definition.name, definition.name);
  planned.view = view_index;
  planned.type = planned.stored_type = definition.type;
  planned.column = static_cast<size_t>(known - outputs.begin());
  if (known == outputs.end()) outputs.push_back(feature);
  Push(std::move(planned));
}

void PlanBuilder::Push(PlannedFeature planned) {
  plan_->views[planned.view].features.push_back(plan_->features.size());
  plan_->features.push_back(std::move(planned));
}

}  // namespace freshet
