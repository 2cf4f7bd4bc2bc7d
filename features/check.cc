// SPDX-License-Identifier: Apache-2.0
#include "features/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <tuple>

#include "absl/time/time.h"
#include "features/check_service.h"
#include "features/streams/check_definitions.h"
#include "features/value_codec.h"

namespace freshet {
namespace {

constexpr size_t kJoinKeysMax = 32;

// Leaves out entities that are not defined or named twice: problems already.
std::vector<JoinKey> KeysOf(const std::vector<std::string>& entities,
                            const DefinitionIndex& index) {
  std::vector<JoinKey> keys;
  std::set<const Entity*> seen = {nullptr};
  for (const std::string& name : entities) {
    const Entity* entity = index.FindEntity(name);
    if (!seen.insert(entity).second) continue;
    keys.insert(keys.end(), entity->join_keys.begin(), entity->join_keys.end());
  }
  return keys;
}

// Returns the names of the view's join keys.
template <typename View>
std::set<std::string> CheckKeys(const View& view, const DefinitionIndex& index,
                                std::vector<Problem>& problems) {
  std::set<std::string> names;
  const std::vector<JoinKey> keys = KeysOf(view.entities, index);
  if (keys.size() > kJoinKeysMax) {
    problems.push_back(
        {view.at,
         fmt::format("view '{}' has {} join keys; at most {} make a key",
                     view.name, keys.size(), kJoinKeysMax)});
  }
  for (const JoinKey& key : keys) {
    if (key.name.empty() || names.insert(key.name).second) continue;
    problems.push_back(
        {view.at,
         fmt::format(
             "view '{}' has the join key '{}' twice, from two of its entities; "
             "define one entity with both keys",
             view.name, key.name)});
  }
  return names;
}

// Checks one view after the other.
class ViewChecker {
 public:
  ViewChecker(const DefinitionIndex& index, std::vector<Problem>& problems)
      : index_(index), problems_(problems) {}

  void Check(const BatchFeatureView& view) {
    CheckKey(view);
    CheckTimes(view);
    CheckManifest(view);
    CheckMode(view);
    CheckGroup(view);
    CheckZone(view);
    CheckColumns(view);
    CheckRenames(view);
    for (const Feature& feature : view.features) {
      CheckDefault(feature);
      CheckGuard(feature);
    }
  }

 private:
  template <typename... Args>
  void Add(Position at, fmt::format_string<Args...> format, Args&&... args) {
    problems_.push_back({at, fmt::format(format, std::forward<Args>(args)...)});
  }

  void CheckKey(const BatchFeatureView& view);
  void CheckTimes(const BatchFeatureView& view);
  void CheckManifest(const BatchFeatureView& view);
  void CheckMode(const BatchFeatureView& view);
  void CheckGroup(const BatchFeatureView& view);
  void CheckZone(const BatchFeatureView& view);
  void CheckColumns(const BatchFeatureView& view);
  void CheckRenames(const BatchFeatureView& view);
  void CheckDefault(const Feature& feature);
  void CheckGuard(const Feature& feature);

  const DefinitionIndex& index_;
  std::vector<Problem>& problems_;
};

void ViewChecker::CheckKey(const BatchFeatureView& view) {
  if (view.history) return;  // Its stream view's is checked.
  const std::set<std::string> names = CheckKeys(view, index_, problems_);
  for (const Feature& feature : view.features) {
    if (!names.contains(feature.name)) continue;
    Add(feature.at,
        "feature '{}' has the name of a join key of view '{}'; rename it, and "
        "map its column under 'columns'",
        feature.name, view.name);
  }
}

void ViewChecker::CheckTimes(const BatchFeatureView& view) {
  const BatchSource& source = view.source;
  if (source.misread) return;
  if (source.at_day != DayPoint::kNone && source.zone.empty()) {
    Add(source.at,
        "'at' needs 'zone': a day begins and ends at other moments in each "
        "zone; add zone, such as zone: UTC");
  }
  if (!source.timestamp_field.empty()) return;
  const bool has_times = std::any_of(
      view.features.begin(), view.features.end(), [](const Feature& feature) {
        return feature.type.kind == Kind::kTimestamp;
      });
  if (!has_times &&
      (source.at_day != DayPoint::kNone || !source.zone.empty())) {
    Add(source.at,
        "'{}' needs 'timestamp_field' or a feature of type timestamp, which it "
        "is about",
        source.zone.empty() ? "at" : "zone");
  }
  if (source.duplicates == Duplicates::kLatest) {
    Add(source.at,
        "'duplicates: latest' needs 'timestamp_field': without event times no "
        "row is the latest");
  }
}

void ViewChecker::CheckMode(const BatchFeatureView& view) {
  const BatchSource& source = view.source;
  if (source.misread || source.mode == LoadMode::kUpsert) return;
  if (source.deleted_field.empty()) return;
  Add(source.at,
      "'deleted_field' needs 'mode: upsert': what is not in a full snapshot is "
      "deleted by that");
}

void ViewChecker::CheckGroup(const BatchFeatureView& view) {
  const BatchSource& source = view.source;
  if (source.misread || view.snapshot_group.empty() || !source.watch ||
      source.watch->each == SnapshotPlace::kDirectory) {
    return;
  }
  Add(source.at,
      "'snapshot_group' needs 'watch: {{each: directory}}': the directory's "
      "name "
      "says which snapshots of its views belong together");
}

void ViewChecker::CheckManifest(const BatchFeatureView& view) {
  const BatchSource& source = view.source;
  if (source.misread) return;
  const std::string& name = source.manifest;
  if (name == "_SUCCESS" || name == "." || name == "..") {
    Add(source.at, "'manifest: {}' is another thing; call it _manifest.json",
        name);
  } else if (!name.empty() && (name.find('/') != std::string::npos ||
                               (name[0] != '_' && name[0] != '.'))) {
    Add(source.at,
        "'manifest: {}' is no name that begins with '_' or '.', without '/': a "
        "file of another name would be read as one of the snapshot's",
        name);
  }
  if (name.empty() && source.watch &&
      source.watch->complete == Complete::kManifest) {
    Add(source.at,
        "'complete: manifest' needs 'manifest', the name of the file that says "
        "what is complete, such as manifest: _manifest.json");
  }
}

void ViewChecker::CheckGuard(const Feature& feature) {
  const FeatureGuard& guard = feature.guard;
  if (guard.min <= guard.max) return;
  Add(feature.at, "feature '{}' has a guard.min of {} and a guard.max of {}",
      feature.name, guard.min, guard.max);
}

void ViewChecker::CheckZone(const BatchFeatureView& view) {
  // Where the machine has no zones, for instance an author's, the loader's
  // machine has the last word.
  const std::filesystem::path zones = "/usr/share/zoneinfo";
  std::error_code ignored;
  absl::TimeZone zone;
  if (view.source.misread || view.source.zone.empty() ||
      !std::filesystem::exists(zones, ignored) ||
      absl::LoadTimeZone(view.source.zone, &zone)) {
    return;
  }
  Add(view.source.at,
      "there is no zone '{}' in {}; write an IANA name such as "
      "America/New_York",
      view.source.zone, zones.string());
}

void ViewChecker::CheckColumns(const BatchFeatureView& view) {
  if (view.history) return;  // Of fields: CheckHistory.
  if (!index_.KnowsKeys(view.entities) || !index_.KnowsFeatures(view.name)) {
    return;
  }
  std::vector<std::string> names;
  for (const JoinKey& key : KeysOf(view.entities, index_))
    names.push_back(key.name);
  for (const Feature& feature : view.features) names.push_back(feature.name);
  const std::set<std::string> known(names.begin(), names.end());
  for (const auto& [name, column] : view.source.columns) {
    if (known.contains(name)) continue;
    Add(view.source.at,
        "'columns' maps '{}', which is neither a feature nor a join key of "
        "view '{}'{}",
        name, view.name, DidYouMean(name, names));
  }
}

void ViewChecker::CheckRenames(const BatchFeatureView& view) {
  std::map<std::string, std::string> heirs;
  std::set<std::string> names;
  for (const Feature& feature : view.features) names.insert(feature.name);
  for (const Feature& feature : view.features) {
    if (feature.was.empty()) continue;
    if (names.contains(feature.was)) {
      Add(feature.at,
          "feature '{}' was '{}', but view '{}' still has a feature '{}'; "
          "remove 'was', or rename in two steps",
          feature.name, feature.was, view.name, feature.was);
    }
    const auto [heir, is_new] = heirs.emplace(feature.was, feature.name);
    if (is_new) continue;
    Add(feature.at,
        "features '{}' and '{}' of view '{}' both were '{}'; only one can be",
        heir->second, feature.name, view.name, feature.was);
  }
}

void ViewChecker::CheckDefault(const Feature& feature) {
  if (!feature.default_value) return;
  const auto encoded = EncodeValue(feature.type, *feature.default_value);
  if (encoded.ok()) return;
  Add(feature.at, "the default of feature '{}' does not fit its type: {}",
      feature.name, std::string(encoded.status().message()));
}

void CheckKeyTypes(const Entity& entity, std::vector<Problem>& problems) {
  for (const JoinKey& key : entity.join_keys) {
    const Type& type = key.type;
    const bool fits = !type.list && type.fixed_length == 0 &&
                      (type.kind == Kind::kString ||
                       type.kind == Kind::kInt64 || type.kind == Kind::kBytes);
    if (fits || key.misread) continue;
    problems.push_back(
        {key.at, fmt::format("join key '{}' of entity '{}' is {}; keys are "
                             "string, int64 or bytes",
                             key.name, entity.name, type.ToString())});
  }
}

// Whatever answers by name has one of its own.
void CheckViewNames(const Definitions& definitions,
                    std::vector<Problem>& problems) {
  std::map<std::string_view, int> lines;
  for (const BatchFeatureView& view : definitions.batch_views) {
    lines.emplace(view.name, view.at.line);
  }
  for (const WindowedView& view : definitions.stream_views) {
    const auto other = lines.find(view.name);
    if (view.name.empty() || other == lines.end()) continue;
    problems.push_back(
        {view.at, fmt::format("a batch feature view is called '{}' too, in "
                              "line {}; rename one",
                              view.name, other->second)});
  }
}

}  // namespace

void CheckDefinitions(Definitions& definitions,
                      std::vector<Problem>& problems) {
  for (const Entity& entity : definitions.entities) {
    CheckKeyTypes(entity, problems);
  }
  const DefinitionIndex index(definitions);
  ViewChecker checker(index, problems);
  for (const BatchFeatureView& view : definitions.batch_views) {
    checker.Check(view);
  }
  for (const WindowedView& view : definitions.stream_views) {
    CheckKeys(view, index, problems);
  }
  CheckStreams(definitions, index, problems);
  CheckViewNames(definitions, problems);
  for (FeatureService& service : definitions.services) {
    CheckService(index, service, problems);
  }
}

ParsedFile ParseAndCheck(std::string_view text) {
  ParsedFile file = ParseFile(text);
  CheckDefinitions(file.definitions, file.problems);
  std::stable_sort(file.problems.begin(), file.problems.end(),
                   [](const Problem& a, const Problem& b) {
                     return std::tie(a.at.line, a.at.column) <
                            std::tie(b.at.line, b.at.column);
                   });
  return file;
}

}  // namespace freshet
