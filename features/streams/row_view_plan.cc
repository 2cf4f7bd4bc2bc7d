// SPDX-License-Identifier: Apache-2.0
#include "features/streams/row_view_plan.h"

#include <algorithm>

#include "base/check.h"
#include "base/error.h"
#include "base/status.h"

namespace freshet {
namespace {

// Every expression is for something.
absl::Status CheckNames(const BatchFeatureView& view, const RowSchema& schema) {
  for (const auto& [name, expression] : view.live->columns) {
    const auto has_name = [&name = name](const auto& one) {
      return one.name == name;
    };
    if (std::any_of(schema.key().begin(), schema.key().end(), has_name) ||
        std::any_of(view.features.begin(), view.features.end(), has_name)) {
      continue;
    }
    return InvalidArgument(
        "view '{}': '{}' among the columns of its live rows is neither a join "
        "key nor a feature",
        view.name, name);
  }
  return absl::OkStatus();
}

bool HasColumn(const StreamSource& source, const LiveSource& live,
               const std::string& name) {
  return live.columns.contains(name) ||
         std::any_of(
             source.fields.begin(), source.fields.end(),
             [&](const StreamField& field) { return field.name == name; });
}

}  // namespace

absl::StatusOr<RowViewPlan> RowViewPlan::Make(const StreamSource& source,
                                              const BatchFeatureView& view,
                                              const RowSchema& schema) {
  CHECK(view.live.has_value());
  const LiveSource& live = *view.live;
  RETURN_IF_ERROR(CheckNames(view, schema));
  EventColumnsBuilder event(source, view.name, live.columns);
  RETURN_IF_ERROR(event.SetTimestampField());
  RETURN_IF_ERROR(event.SetFilter(live.filter));
  RETURN_IF_ERROR(event.SetKey(schema.key()));
  RowViewPlan plan;
  for (const Column& feature : schema.columns()) {
    if (live.partial && !HasColumn(source, live, feature.name)) continue;
    ASSIGN_OR_RETURN(const size_t column, event.Column(feature.name));
    if (!WidensTo(event.type(column), feature.type)) {
      return InvalidArgument(
          "view '{}': feature '{}' is {}, and the column of that name of its "
          "live rows is {}",
          view.name, feature.name, feature.type.ToString(),
          event.type(column).ToString());
    }
    plan.features.push_back({feature.id, column});
  }
  std::sort(plan.features.begin(), plan.features.end(),
            [](const Feature& a, const Feature& b) { return a.id < b.id; });
  if (!live.deleted.empty()) {
    ASSIGN_OR_RETURN(plan.deleted, event.Computed("deleted", live.deleted));
    const Type& type = event.type(*plan.deleted);
    if (type.kind != Kind::kBool) {
      return InvalidArgument("view '{}': deleted `{}` is {}, not bool",
                             view.name, live.deleted, type.ToString());
    }
  }
  plan.partial = live.partial;
  plan.event = event.Take();
  return plan;
}

}  // namespace freshet
