// SPDX-License-Identifier: Apache-2.0
#include "versions/rules/definition_changes.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/status.h"
#include "config/units.h"
#include "versions/rules/field_changes.h"
#include "versions/rules/stream_changes.h"
#include "versions/rules/view_changes.h"

namespace freshet {
namespace {

using Kind = SchemaChange::Kind;

std::string TextOf(const Entity& entity) {
  Definitions alone;
  alone.entities.push_back(entity);
  return CanonicalText(alone);
}

std::string TextOf(const FeatureService& service) {
  Definitions alone;
  alone.services.push_back(service);
  return CanonicalText(alone);
}

// When a feature that is new has values.
std::string ValuesFrom(const BatchFeatureView& view) {
  if (!view.HasSnapshots()) return "has values from the next event on";
  std::string text = "has values from the next load on";
  if (view.source.mode == LoadMode::kUpsert) {
    text += fmt::format(
        " in the rows that it brings; in all of them after: freshet load {} "
        "PATH --full",
        view.name);
  }
  return text;
}

// What a feature of another type means.
std::string RetypedEffect(const BatchFeatureView& view) {
  if (!view.HasSnapshots()) return "begins without rows";
  return (view.source.mode == LoadMode::kUpsert ? ValuesFrom(view)
                                                : "needs a new load") +
         ", not in version until then";
}

DefinitionChange Describe(const BatchFeatureView& view,
                          const SchemaChange& change) {
  const std::string feature =
      fmt::format("feature '{}.{}'", view.name, change.name);
  switch (change.kind) {
    case Kind::kAdded:
      return {"add", feature, ValuesFrom(view)};
    case Kind::kRenamed:
      return {"change", feature,
              fmt::format("was '{}'; instant", change.before)};
    case Kind::kWidened:
      return {"change", feature,
              fmt::format("{} to {}; instant", change.before, change.after)};
    case Kind::kRetyped:
      return {"change", feature,
              fmt::format("{} to {} is a new generation: {}", change.before,
                          change.after, RetypedEffect(view))};
    case Kind::kRemoved:
      return {"remove", feature, "instant"};
    case Kind::kKey:
      break;
  }
  return {"change", fmt::format("view '{}'", view.name),
          fmt::format("key {} to {} is a new generation: {}", change.before,
                      change.after,
                      view.HasSnapshots()
                          ? "needs a new load, answers nothing until then"
                          : "begins without rows")};
}

std::string NamesOf(const std::set<std::string>& names) {
  return fmt::to_string(fmt::join(names, ", "));
}

std::set<std::string> FeaturesOf(const FeatureService& service) {
  std::set<std::string> out;
  for (const FeatureRef& ref : service.features) {
    out.insert(fmt::format("{}.{}", ref.view, ref.feature));
  }
  return out;
}

// Replies without names go by position.
bool PositionsChange(const FeatureService& was, const FeatureService& now) {
  const auto is_same = [](const FeatureRef& a, const FeatureRef& b) {
    return a.view == b.view && a.feature == b.feature;
  };
  for (size_t i = 0; i < was.features.size(); ++i) {
    const auto at = std::find_if(
        now.features.begin(), now.features.end(),
        [&](const FeatureRef& ref) { return is_same(ref, was.features[i]); });
    if (at == now.features.end()) continue;
    if (static_cast<size_t>(at - now.features.begin()) != i) return true;
  }
  return false;
}

class Comparison {
 public:
  Comparison(const CatalogState& state, const Definitions& before,
             const Definitions& next)
      : before_(before), next_(next) {
    out_.views = state.views;
  }

  absl::StatusOr<DefinitionChanges> Run() {
    if (!before_.project.empty() && before_.project != next_.project) {
      Add("change", fmt::format("project '{}'", next_.project), "instant");
    }
    CompareEntities();
    for (const BatchFeatureView& view : next_.batch_views) {
      RETURN_IF_ERROR(CompareView(view));
    }
    for (const BatchFeatureView& view : before_.batch_views) {
      if (next_.FindView(view.name) != nullptr) continue;
      RemoveView(view.name);
      CompareLive(view, nullptr, false);
    }
    AddStreams(CompareStreams(before_, next_));
    CompareServices();
    return std::move(out_);
  }

 private:
  void Add(std::string kind, std::string what, std::string effect) {
    out_.changes.push_back(
        {std::move(kind), std::move(what), std::move(effect)});
  }

  void AddStreams(StreamChanges streams) {
    const auto add = [](auto& from, auto& to) {
      std::move(from.begin(), from.end(), std::back_inserter(to));
    };
    add(streams.changes, out_.changes);
    add(streams.deletions, out_.deletions);
    removed_.merge(streams.removed);
  }

  void CompareEntities();
  absl::Status CompareView(const BatchFeatureView& view);
  void CompareFields(const BatchFeatureView& was, const BatchFeatureView& view);
  void CompareLive(const BatchFeatureView& was, const BatchFeatureView* now,
                   bool same_generation);
  void CompareTiles(const BatchFeatureView& view);
  void RemoveView(const std::string& name);
  void CompareServices();
  void CompareService(const FeatureService& was, const FeatureService& now);

  const Definitions& before_;
  const Definitions& next_;
  DefinitionChanges out_;
  std::set<std::string> removed_;  // Features, as `view.feature`.
};

void Comparison::CompareEntities() {
  for (const Entity& entity : next_.entities) {
    const Entity* was = before_.FindEntity(entity.name);
    const std::string what = fmt::format("entity '{}'", entity.name);
    if (was == nullptr) {
      Add("add", what, "instant");
    } else if (TextOf(*was) != TextOf(entity)) {
      Add("change", what, "instant; see its views");
    }
  }
  for (const Entity& entity : before_.entities) {
    if (next_.FindEntity(entity.name) != nullptr) continue;
    Add("remove", fmt::format("entity '{}'", entity.name), "instant");
  }
}

absl::Status Comparison::CompareView(const BatchFeatureView& view) {
  const std::vector<JoinKey> keys = next_.JoinKeysOf(view.entities);
  ViewRecord& record = out_.views[view.name];
  const bool known = !record.removed && !record.schema.key().empty();
  ASSIGN_OR_RETURN(ViewChanges changed,
                   freshet::CompareView(record, view, keys));
  const bool same_generation = record.generation == changed.record.generation;
  record = std::move(changed.record);
  const BatchFeatureView* was = before_.FindView(view.name);
  if (!known || was == nullptr) {
    const VersionRecord* current = record.Find(record.current);
    Add("add", fmt::format("view '{}'", view.name),
        current != nullptr && record.CanServe(*current)
            ? fmt::format("instant; version {} serves", record.current)
        : view.HasSnapshots() ? "needs a first load"
                              : "instant; begins without rows");
  }
  if (!known) return absl::OkStatus();
  for (const SchemaChange& change : changed.changes) {
    if (change.kind == Kind::kRemoved) {
      removed_.insert(fmt::format("{}.{}", view.name, change.name));
    }
    out_.changes.push_back(Describe(view, change));
  }
  if (was == nullptr) return absl::OkStatus();
  CompareFields(*was, view);
  CompareLive(*was, &view, same_generation);
  CompareTiles(view);
  return absl::OkStatus();
}

// What is watched is loaded again.
void Comparison::CompareTiles(const BatchFeatureView& view) {
  if (!view.history) return;
  const WindowedView* was = before_.FindStreamView(view.history->stream_view);
  if (was == nullptr) return;
  const WindowedView& now = *next_.FindStreamView(was->name);
  const bool has_other_tiles =
      TilesHashOf(before_, *was) != TilesHashOf(next_, now);
  if (!has_other_tiles && ReachOf(next_, now) <= ReachOf(before_, *was)) return;
  ++out_.views[view.name].generation;
  Add("change", fmt::format("view '{}'", view.name),
      has_other_tiles
          ? "its stream view has other tiles: what is loaded is not read any "
            "more, and it needs a new load"
          : "its stream view has windows that reach further back than what is "
            "loaded: they need a new load");
}

void Comparison::CompareFields(const BatchFeatureView& was,
                               const BatchFeatureView& view) {
  if (was.HasSnapshots() && !view.HasSnapshots()) {
    const std::string what = fmt::format("snapshots of view '{}'", view.name);
    Add("remove", what, "instant; none of their rows answers any more");
    out_.deletions.push_back(what);
  }
  for (std::string& change : FieldChanges(was, view)) {
    Add("change", fmt::format("view '{}'", view.name), std::move(change));
  }
  for (const Feature& feature : view.features) {
    const auto same = std::find_if(
        was.features.begin(), was.features.end(),
        [&](const Feature& other) { return other.name == feature.name; });
    if (same == was.features.end()) continue;
    const std::string what =
        fmt::format("feature '{}.{}'", view.name, feature.name);
    if (same->default_value != feature.default_value) {
      Add("change", what, "default: instant");
    }
    if (same->guard != feature.guard) {
      Add("change", what, "guard: from the next load on");
    }
    if (same->description != feature.description ||
        same->tags != feature.tags || same->pii != feature.pii) {
      Add("change", what, "description or tags: instant");
    }
  }
}

// What was pushed is nowhere else.
void Comparison::CompareLive(const BatchFeatureView& was,
                             const BatchFeatureView* now,
                             bool same_generation) {
  if (!was.live) return;
  if (now != nullptr && same_generation && now->live &&
      now->live->source == was.live->source) {
    return;
  }
  const std::string what = fmt::format("live rows of view '{}'", was.name);
  Add("remove", what, "deletes them");
  out_.deletions.push_back(what);
}

void Comparison::RemoveView(const std::string& name) {
  ViewRecord& record = out_.views[name];
  record.view = name;
  int64_t bytes = 0;
  for (auto& [id, version] : record.versions) {
    version.pinned = false;
    for (const ManifestFile& file : version.manifest.files) bytes += file.bytes;
  }
  record.removed = true;
  record.current = 0;
  record.labels.clear();
  record.loaded_until.clear();
  const std::string what = fmt::format("view '{}'", name);
  std::string versions =
      fmt::format("{} version{} ({})", record.versions.size(),
                  record.versions.size() == 1 ? "" : "s", FormatBytes(bytes));
  Add("remove", what, fmt::format("deletes its {}", versions));
  out_.deletions.push_back(fmt::format("{} with its {}", what, versions));
}

void Comparison::CompareServices() {
  for (const FeatureService& service : next_.services) {
    const FeatureService* was = before_.FindService(service.name);
    if (was == nullptr) {
      Add("add", fmt::format("service '{}'", service.name), "instant");
    } else {
      CompareService(*was, service);
    }
  }
  for (const FeatureService& service : before_.services) {
    if (next_.FindService(service.name) != nullptr) continue;
    const std::string what = fmt::format("service '{}'", service.name);
    Add("remove", what, "instant; requests for it fail");
    out_.deletions.push_back(what);
  }
}

void Comparison::CompareService(const FeatureService& was,
                                const FeatureService& now) {
  if (TextOf(was) == TextOf(now)) return;
  const std::set<std::string> before = FeaturesOf(was);
  const std::set<std::string> after = FeaturesOf(now);
  std::set<std::string> added, dropped, lost;
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(),
                      std::inserter(added, added.end()));
  std::set_difference(before.begin(), before.end(), after.begin(), after.end(),
                      std::inserter(dropped, dropped.end()));
  std::set_intersection(dropped.begin(), dropped.end(), removed_.begin(),
                        removed_.end(), std::inserter(lost, lost.end()));
  const std::string what = fmt::format("service '{}'", now.name);
  std::string effect = "instant";
  if (!added.empty()) effect += "; adds " + NamesOf(added);
  if (!dropped.empty()) effect += "; drops " + NamesOf(dropped);
  if (PositionsChange(was, now)) effect += "; positions in its replies change";
  Add("change", what, std::move(effect));
  for (const std::string& feature : lost) {
    out_.deletions.push_back(
        fmt::format("feature '{}', which {} uses", feature, what));
  }
}

}  // namespace

absl::StatusOr<DefinitionChanges> CompareDefinitions(const CatalogState& state,
                                                     const Definitions& before,
                                                     const Definitions& next) {
  return Comparison(state, before, next).Run();
}

}  // namespace freshet
