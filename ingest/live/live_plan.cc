// SPDX-License-Identifier: Apache-2.0
#include "ingest/live/live_plan.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/hash.h"
#include "base/status.h"
#include "features/byte_reader.h"

namespace freshet {
namespace {

// Of what decides whose the rows are.
uint64_t HashOfRows(const std::string& source, const ViewSchema& schema) {
  std::string bytes = "rows";
  AppendLengthAndBytes(source, &bytes);
  AppendLittle(schema.generation, &bytes);
  for (const KeyPart& part : schema.schema.key()) {
    AppendLengthAndBytes(part.name, &bytes);
    AppendLengthAndBytes(part.type.ToString(), &bytes);
  }
  return Xxh3(bytes);
}

absl::StatusOr<LivePlan> PlanOfRows(const AppliedViews& applied,
                                    const BatchFeatureView& view) {
  const StreamSource* source =
      applied.definitions.FindStreamSource(view.live->source);
  const auto schema = applied.schemas.find(view.name);
  if (source == nullptr || schema == applied.schemas.end()) {
    return Internal("view '{}' is applied without its source or its schema",
                    view.name);
  }
  ASSIGN_OR_RETURN(RowViewPlan plan,
                   RowViewPlan::Make(*source, view, schema->second.schema));
  LivePlan live{.view = view.name,
                .entities = view.entities,
                .source = *source,
                .rows = std::make_shared<const RowViewPlan>(std::move(plan)),
                .hash = HashOfRows(source->name, schema->second)};
  for (const Column& column : schema->second.schema.columns()) {
    const auto defined = std::find_if(
        view.features.begin(), view.features.end(),
        [&](const Feature& feature) { return feature.name == column.name; });
    live.features[column.id] = {
        .name = column.name,
        .was = defined == view.features.end() ? "" : defined->was,
        .type = column.type};
  }
  return live;
}

bool IsSame(const GenerationAbout::Feature& had,
            const LivePlan::Feature& feature) {
  const auto type = Type::Parse(had.type);
  return (had.name == feature.name || had.name == feature.was) && type.ok() &&
         WidensTo(*type, feature.type);
}

bool EncodedAlike(const StreamSource& a, const StreamSource& b) {
  return std::equal(
      a.fields.begin(), a.fields.end(), b.fields.begin(), b.fields.end(),
      [](const StreamField& one, const StreamField& other) {
        return one.encoding == other.encoding && one.from == other.from;
      });
}

}  // namespace

absl::StatusOr<std::vector<LivePlan>> LivePlansOf(const AppliedViews& applied) {
  std::vector<LivePlan> plans;
  const Definitions& definitions = applied.definitions;
  for (const WindowedView& view : definitions.stream_views) {
    ASSIGN_OR_RETURN(WindowedViewPlan plan,
                     WindowedViewPlan::Make(definitions, view));
    auto windows = std::make_shared<const WindowedViewPlan>(std::move(plan));
    plans.push_back({.view = view.name,
                     .entities = view.entities,
                     .source = *definitions.FindStreamSource(view.source),
                     .windows = windows,
                     .hash = windows->generation_hash});
  }
  for (const BatchFeatureView& view : definitions.batch_views) {
    if (!view.live) continue;
    ASSIGN_OR_RETURN(LivePlan plan, PlanOfRows(applied, view));
    plans.push_back(std::move(plan));
  }
  return plans;
}

bool IsOf(const GenerationAbout& about, const LivePlan& plan) {
  if (about.hash != plan.hash) return false;
  for (const auto& [id, feature] : plan.features) {
    const auto had = about.features.find(id);
    if (had != about.features.end() && !IsSame(had->second, feature)) {
      return false;
    }
  }
  return true;
}

void TakeOver(const LivePlan& plan, int64_t now_micros,
              GenerationAbout& about) {
  if (plan.windows != nullptr) {
    const WindowPlan& windows = plan.windows->windows;
    for (const TileLevel level : windows.levels()) {
      GenerationAbout::Level& kept = about.levels[level];
      const WindowReach reach = windows.ReachOf(level);
      const int64_t kept_from = kept.reach.StartAt(now_micros);
      if (reach.StartAt(now_micros) < kept_from) {
        kept.whole_from_micros = std::max(kept.whole_from_micros, kept_from);
      }
      kept.reach = reach;
    }
  }
  for (const auto& [id, feature] : plan.features) {
    about.features[id] = {feature.name, feature.type.ToString()};
  }
}

std::set<std::string> SourceNames(const Definitions& definitions) {
  std::set<std::string> names;
  for (const StreamSource& source : definitions.stream_sources) {
    names.insert(source.name);
  }
  return names;
}

bool ReadAlike(const StreamSource& a, const StreamSource& b) {
  return a.kafka == b.kafka && a.push_log == b.push_log &&
         a.fields == b.fields && EncodedAlike(a, b) &&
         a.timestamp_field == b.timestamp_field &&
         a.max_future_skew_micros == b.max_future_skew_micros;
}

}  // namespace freshet
