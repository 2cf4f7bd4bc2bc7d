// SPDX-License-Identifier: Apache-2.0
#include "server/admin/views.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/error.h"
#include "base/status.h"
#include "config/parse.h"
#include "freshet/v1/admin.pb.h"
#include "server/admin/to_proto.h"
#include "server/views_report.h"
#include "versions/store.h"

namespace freshet {
namespace {

constexpr size_t kActivationsShown = 100;

void AddStatistics(const Version* version, v1::FeatureDescription* feature) {
  feature->set_null_ratio(-1);
  if (version == nullptr) return;
  const Manifest& manifest = version->manifest();
  const ColumnStats* stats = manifest.StatsOf(feature->id());
  const auto column = manifest.schema.FindColumn(feature->id());
  if (stats == nullptr || !column.has_value()) return;
  ToProto(manifest.schema.columns()[*column], *stats,
          feature->mutable_statistics());
  const int64_t rows = manifest.rows - manifest.deleted_rows;
  feature->mutable_statistics()->set_rows(rows);
  if (rows == 0) return;
  feature->set_null_ratio(static_cast<double>(stats->nulls) /
                          static_cast<double>(rows));
}

void DescribeFeatures(const ServedView& view,
                      v1::ViewDescription* description) {
  for (size_t f = 0; f < view.definition.features.size(); ++f) {
    const Feature& feature = view.definition.features[f];
    v1::FeatureDescription* out = description->add_features();
    out->set_id(view.feature_ids[f]);
    out->set_name(feature.name);
    ToProto(feature.type, out->mutable_type());
    if (feature.default_value.has_value()) {
      out->set_default_value(FormatValue(feature.type, *feature.default_value));
    }
    out->set_description(feature.description);
    AddStatistics(view.current.get(), out);
    for (const auto& [key, value] : feature.tags) {
      (*out->mutable_tags())[key] = value;
    }
    out->set_pii(feature.pii);
  }
}

}  // namespace

void AddServices(const CatalogState& catalog, const std::string& view,
                 v1::ViewDescription* description) {
  const ParsedFile parsed = ParseFile(catalog.definitions.text);
  for (const FeatureService& service : parsed.definitions.services) {
    const bool uses = std::any_of(
        service.features.begin(), service.features.end(),
        [&](const FeatureRef& feature) { return feature.view == view; });
    if (uses) description->add_services(service.name);
  }
}

absl::StatusOr<const ViewRecord*> FindRecord(const CatalogState& catalog,
                                             const std::string& view) {
  const auto found = catalog.views.find(view);
  if (found != catalog.views.end()) return &found->second;
  std::vector<std::string> names;
  for (const auto& [name, record] : catalog.views) names.push_back(name);
  const auto nearest = NearestNames(view, names);
  if (nearest.empty()) {
    return NotFound(
        "there is no view '{}'; `freshet views` lists those there are", view);
  }
  return NotFound("there is no view '{}'; nearest: '{}'", view,
                  fmt::join(nearest, "', '"));
}

void ListViews(Store& store, const Clock& clock,
               v1::ListViewsResponse* response) {
  for (const ViewReport& report :
       ReportViews(*store.serving().Current(), *store.catalog().state(),
                   clock.NowMicros())) {
    ToProto(report, response->add_views());
  }
}

absl::Status DescribeView(Store& store, const Clock& clock,
                          const std::string& view,
                          v1::ViewDescription* description) {
  const Catalog::StatePtr catalog = store.catalog().state();
  const Serving::SetPtr set = store.serving().Current();
  ASSIGN_OR_RETURN(const ViewRecord* record, FindRecord(*catalog, view));
  const ServedView* served = set->FindView(view);
  if (served == nullptr) {
    return NotFound("view '{}' is no longer defined; its versions are kept",
                    view);
  }
  for (const ViewReport& report :
       ReportViews(*set, *catalog, clock.NowMicros())) {
    if (report.name == view) ToProto(report, description->mutable_state());
  }
  const BatchFeatureView& definition = served->definition;
  description->set_description(definition.description);
  DescribeFeatures(*served, description);
  description->set_ttl_seconds(static_cast<double>(definition.ttl_micros) /
                               1e6);
  description->set_source_path(definition.source.path);
  if (definition.live) description->set_live_source(definition.live->source);
  for (const auto& [key, value] : definition.tags) {
    (*description->mutable_tags())[key] = value;
  }
  description->set_pii(definition.pii);
  description->set_critical(definition.critical);
  AddServices(*catalog, view, description);
  const auto& all = record->activations;
  const size_t shown = std::min(all.size(), kActivationsShown);
  for (size_t a = all.size() - shown; a < all.size(); ++a) {
    ToProto(all[a], description->add_activations());
  }
  description->set_generation(record->generation);
  description->set_snapshot_group(definition.snapshot_group);
  if (const Manifest* current = catalog->CurrentManifest(view)) {
    description->set_base(current->base);
  }
  return absl::OkStatus();
}

}  // namespace freshet
