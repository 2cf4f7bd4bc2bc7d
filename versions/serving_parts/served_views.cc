// SPDX-License-Identifier: Apache-2.0
#include "versions/serving_parts/served_views.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "features/windows/history_span.h"

namespace freshet {
namespace {

std::string MessageOf(const ViewRecord& record) {
  const VersionRecord* current = record.Find(record.current);
  if (current != nullptr && !record.CanServe(*current)) {
    return fmt::format(
        "its key changed, version {} cannot answer; load it with: freshet "
        "load {}",
        record.current, record.view);
  }
  // The newest version, when it ought to serve and does not.
  const auto newest = record.versions.rbegin();
  if (newest != record.versions.rend() && newest->first > record.current &&
      newest->second.phase == VersionRecord::Phase::kCorrupt) {
    const std::string serves = record.current == 0
                                   ? "no other can serve"
                                   : fmt::format("serves {}", record.current);
    return fmt::format(
        "version {} is corrupt ({}); {}; load it with: freshet "
        "load {}",
        newest->first, newest->second.message, serves, record.view);
  }
  if (current != nullptr) return {};
  return fmt::format("no version is current; load one with: freshet load {}",
                     record.view);
}

std::vector<uint32_t> FeatureIds(const BatchFeatureView& view,
                                 const RowSchema& schema) {
  std::vector<uint32_t> ids;
  for (const Feature& feature : view.features) {
    uint32_t id = 0;  // No feature's.
    for (const Column& column : schema.columns()) {
      if (column.name == feature.name) id = column.id;
    }
    ids.push_back(id);
  }
  return ids;
}

void TakeVersions(const ViewRecord& record, const ServedViewSources& sources,
                  ServedView& view) {
  for (const auto& [id, version] : record.versions) {
    const auto it = sources.open.find({record.view, id});
    if (it != sources.open.end()) view.open.emplace(id, it->second);
  }
  view.labels = record.labels;
  view.message = MessageOf(record);
  const auto current = view.open.find(record.current);
  if (current != view.open.end()) {
    view.current = current->second;
    return;
  }
  const auto why = sources.trouble.find({record.view, record.current});
  if (why == sources.trouble.end()) return;
  view.message = fmt::format("version {} cannot be opened: {}", record.current,
                             why->second);
  const ServedView* before = sources.before.FindView(record.view);
  if (before == nullptr || before->current == nullptr ||
      before->current->schema().key() != record.schema.key()) {
    return;
  }
  view.current = before->current;
  view.open.emplace(view.current->manifest().version, view.current);
  view.message += fmt::format("; serves {}", view.current->manifest().version);
}

void TakeLive(const ServedLive& live, ServedView& view) {
  const auto rows = live.rows.find(view.definition.name);
  if (rows != live.rows.end()) {
    view.live = rows->second;
    return;
  }
  if (!view.message.empty()) view.message += "; ";
  view.message += fmt::format("its live rows cannot be read: {}", live.message);
}

}  // namespace

std::set<VersionKey> WantedOpen(const CatalogState& state,
                                const Definitions& definitions) {
  std::set<VersionKey> wanted;
  for (const BatchFeatureView& view : definitions.batch_views) {
    const auto record = state.views.find(view.name);
    if (record == state.views.end()) continue;
    for (const auto& [id, version] : record->second.versions) {
      const ViewRecord& known = record->second;
      // For whoever has to decide: only an explicit pin reads what is held.
      const bool shown =
          version.pinned &&
          version.phase == VersionRecord::Phase::kPendingApproval &&
          known.schema.key() == version.manifest.schema.key();
      if (shown || (known.IsProtected(id) && known.CanServe(version))) {
        wanted.emplace(view.name, id);
      }
    }
  }
  return wanted;
}

std::vector<ServedView> MakeServedViews(const CatalogState& state,
                                        const Definitions& definitions,
                                        const ServedViewSources& sources) {
  std::vector<ServedView> views;
  for (const BatchFeatureView& definition : definitions.batch_views) {
    ServedView view;
    view.definition = definition;
    for (const JoinKey& key : definitions.JoinKeysOf(definition.entities)) {
      view.key.push_back({key.name, key.type});
    }
    const auto record = state.views.find(definition.name);
    static const ViewRecord kNone;
    const ViewRecord& known =
        record == state.views.end() ? kNone : record->second;
    view.feature_ids = FeatureIds(definition, known.schema);
    if (definition.HasSnapshots()) {
      TakeVersions(known, sources, view);
      view.lost_version = view.current == nullptr && !known.activations.empty();
    }
    if (definition.live) TakeLive(sources.live, view);
    views.push_back(std::move(view));
  }
  return views;
}

std::vector<ServedWindows> WithHistories(std::vector<ServedWindows> windows,
                                         std::vector<ServedView>& views) {
  std::map<std::string_view, ServedWindows*> by_name;
  for (ServedWindows& of : windows) by_name.emplace(of.definition.name, &of);
  for (ServedView& view : views) {
    if (!view.definition.history || view.current == nullptr) continue;
    const auto found = by_name.find(view.definition.history->stream_view);
    if (found == by_name.end()) continue;
    ServedWindows& of = *found->second;
    const auto& tiles = view.current->manifest().history;
    // A release that has other cut-overs must not read this one's.
    if (tiles && tiles->tiles == of.plan->generation_hash &&
        SpanOfTiles(of.plan->windows, tiles->span) == tiles->span) {
      of.history = view.current;
      continue;
    }
    if (!view.message.empty()) view.message += "; ";
    view.message += fmt::format(
        "version {} has other tiles than view '{}' is made of now, and is not "
        "read; load it anew with: freshet load {}",
        view.current->manifest().version, of.definition.name,
        view.definition.name);
  }
  for (const ServedWindows& of : windows) {
    of.coverage->SetHistory(of.history == nullptr
                                ? HistorySpan()
                                : of.history->manifest().history->span);
  }
  return windows;
}

}  // namespace freshet
