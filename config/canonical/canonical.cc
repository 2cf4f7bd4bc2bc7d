// SPDX-License-Identifier: Apache-2.0
// The text of definitions that the catalog keeps. A field that has its default
// is left out, so that a field added in a later release does not change the
// hash of definitions that do not use it; in turn the default of a field of
// the definitions never changes.
#include <map>
#include <set>
#include <string_view>

#include "config/canonical/canonical_fields.h"
#include "config/canonical/canonical_streams.h"
#include "config/definitions.h"
#include "config/names.h"
#include "config/timestamp.h"
#include "config/units.h"

namespace freshet {
namespace {

using Json = CanonicalFields::Json;
using Fields = CanonicalFields;

Json OfValue(const Type& type, const Value& value) {
  if (value.IsNull()) return nullptr;
  if (const auto* list = std::get_if<Value::List>(&value.v)) {
    Type element = type;
    element.list = false;
    element.fixed_length = 0;
    return EachOf(*list,
                  [&](const Value& item) { return OfValue(element, item); });
  }
  if (type.kind == Kind::kString) return std::get<std::string>(value.v);
  if (type.kind == Kind::kBool) return std::get<bool>(value.v);
  return FormatValue(type, value);
}

Json OfJoinKey(const JoinKey& key) {
  return {{"name", key.name}, {"type", key.type.ToString()}};
}

Json OfEntity(const Entity& entity) {
  Fields out;
  out.About(entity);
  out.Any("join_keys", EachOf(entity.join_keys, OfJoinKey));
  return out.Take();
}

Json OfWatch(const BatchSource& source) {
  const WatchSettings& watch = *source.watch;
  WatchSettings defaults;
  if (!source.manifest.empty()) defaults.complete = Complete::kManifest;
  Fields out;
  if (watch.every_micros != defaults.every_micros) {
    out.Duration("every", watch.every_micros);
  }
  if (watch.complete != defaults.complete) {
    out.Text("complete", CompleteName(watch.complete));
  }
  if (watch.quiet_micros != defaults.quiet_micros) {
    out.Duration("quiet_for", watch.quiet_micros);
  }
  if (watch.each != defaults.each) {
    out.Text("each", SnapshotPlaceName(watch.each));
  }
  return out.Take();
}

Json OfSource(const BatchSource& source) {
  const BatchSource defaults;
  Fields out;
  out.Text("path", source.path);
  if (source.format != defaults.format) {
    out.Text("format", FileFormatName(source.format));
  }
  out.Flag("require_success", source.require_success);
  out.Text("manifest", source.manifest);
  if (source.mode != defaults.mode) {
    out.Text("mode", LoadModeName(source.mode));
  }
  out.Text("timestamp_field", source.timestamp_field);
  out.Text("deleted_field", source.deleted_field);
  out.Text("zone", source.zone);
  if (source.at_day != defaults.at_day) {
    out.Text("at", DayPointName(source.at_day));
  }
  if (source.duplicates != defaults.duplicates) {
    out.Text("duplicates", DuplicatesName(source.duplicates));
  }
  out.Texts("columns", source.columns);
  if (source.column_case != defaults.column_case) {
    out.Text("column_case", ColumnCaseName(source.column_case));
  }
  if (source.partitions != defaults.partitions) {
    out.Text("partitions", PartitionsName(source.partitions));
  }
  Json json = out.Take();
  // Set directly: an empty one is watched too.
  if (source.watch) json["watch"] = OfWatch(source);
  return json;
}

Json OfFeatureGuard(const FeatureGuard& guard) {
  const FeatureGuard defaults;
  Json json = Json::object();
  if (guard.min != defaults.min) json["min"] = guard.min;
  if (guard.max != defaults.max) json["max"] = guard.max;
  if (guard.nulls_max != defaults.nulls_max) {
    json["nulls_max"] = guard.nulls_max;
  }
  return json;
}

Json OfFeature(const Feature& feature) {
  Fields out;
  out.Text("name", feature.name);
  out.Text("was", feature.was);
  out.Text("type", feature.type.ToString());
  Json json = out.Take();
  // Set directly: an empty string or list is a default too.
  if (feature.default_value) {
    json["default"] = OfValue(feature.type, *feature.default_value);
  }
  Fields rest;
  rest.Text("description", feature.description);
  rest.Texts("tags", feature.tags);
  rest.Flag("pii", feature.pii);
  rest.Any("guard", OfFeatureGuard(feature.guard));
  json.update(rest.Take());
  return json;
}

Json OfGuards(const GuardSettings& guards) {
  const GuardSettings defaults;
  Fields out;
  const auto ratio = [&out](const char* name, double value, double normal) {
    if (value != normal) out.Any(name, Json(value));
  };
  ratio("rows_ratio_min", guards.rows_ratio_min, defaults.rows_ratio_min);
  ratio("rows_ratio_max", guards.rows_ratio_max, defaults.rows_ratio_max);
  ratio("bytes_ratio_min", guards.bytes_ratio_min, defaults.bytes_ratio_min);
  ratio("values_ratio_min", guards.values_ratio_min, defaults.values_ratio_min);
  out.Duration("age_max", guards.age_max_micros);
  out.Flag("allow_empty", guards.allow_empty);
  return out.Take();
}

Json OfRetention(const Retention& retention) {
  const Retention defaults;
  Json json = Json::object();
  if (retention.versions != defaults.versions) {
    json["versions"] = retention.versions;
  }
  if (retention.max_age_micros != defaults.max_age_micros) {
    json["max_age"] = FormatDuration(retention.max_age_micros);
  }
  return json;
}

void AddHistory(const ViewHistory& history, Fields& out) {
  if (history.settle_micros != ViewHistory().settle_micros) {
    // Text: 0 is not the default.
    out.Text("settle", FormatDuration(history.settle_micros));
  }
  if (history.since_micros != 0) {
    out.Text("since", FormatTimestamp(history.since_micros));
  }
  out.Duration("covers", history.covers_micros);
}

Json OfView(const BatchFeatureView& view) {
  Fields out;
  out.About(view);
  out.Flag("pii", view.pii);
  out.Flag("critical", view.critical);
  out.Any("entities", view.entities);
  out.Any("source", OfSource(view.source));
  if (view.live) out.Any("live", CanonicalLiveRows(*view.live));
  out.Duration("ttl", view.ttl_micros);
  out.Duration("freshness", view.freshness_micros);
  out.Any("guards", OfGuards(view.guards));
  out.Any("retention", OfRetention(view.retention));
  out.Text("snapshot_group", view.snapshot_group);
  if (view.history) AddHistory(*view.history, out);
  out.Any("features", EachOf(view.features, OfFeature));
  return out.Take();
}

// `batch_source` of a stream view, of the view that was made of it.
Json OfHistory(const BatchFeatureView& view) {
  BatchSource source = view.source;
  source.timestamp_field.clear();  // The stream source's.
  Fields out;
  AddHistory(*view.history, out);
  Json json = OfSource(source);
  json.update(out.Take());
  return json;
}

// Those that are defined by themselves, and histories of stream views that are
// not here: what is compared one by one.
Json OfViews(const Definitions& definitions) {
  std::set<std::string_view> streams;
  for (const WindowedView& view : definitions.stream_views) {
    streams.insert(view.name);
  }
  Json views = Json::array();
  for (const BatchFeatureView& view : definitions.batch_views) {
    if (view.history && streams.contains(view.history->stream_view)) continue;
    views.push_back(OfView(view));
  }
  return views;
}

Json OfStreamViews(const Definitions& definitions) {
  std::map<std::string_view, const BatchFeatureView*> histories;
  for (const BatchFeatureView& view : definitions.batch_views) {
    if (view.history) histories.emplace(view.history->stream_view, &view);
  }
  return EachOf(definitions.stream_views, [&](const WindowedView& view) {
    Json json = CanonicalStreamView(view);
    if (const auto history = histories.find(view.name);
        history != histories.end()) {
      json["batch_source"] = OfHistory(*history->second);
    }
    return json;
  });
}

std::string OfRef(const FeatureRef& ref) {
  return ref.feature == "*" ? ref.view : ref.view + "." + ref.feature;
}

Json OfService(const FeatureService& service) {
  Fields out;
  out.About(service);
  out.Any("features", EachOf(service.features, OfRef));
  return out.Take();
}

}  // namespace

std::string CanonicalText(const Definitions& definitions) {
  Fields out;
  out.Text("project", definitions.project);
  out.Any("entities", EachOf(definitions.entities, OfEntity));
  out.Any("batch_feature_views", OfViews(definitions));
  out.Any("stream_sources",
          EachOf(definitions.stream_sources, CanonicalSource));
  out.Any("stream_feature_views", OfStreamViews(definitions));
  out.Any("feature_services", EachOf(definitions.services, OfService));
  return out.Take().dump(1) + "\n";
}

}  // namespace freshet
