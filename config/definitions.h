// SPDX-License-Identifier: Apache-2.0
// What a team defines: entities, feature views and feature services. Plain
// values, immutable once validated. docs/configuration.md says what each field
// means to its author.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/position.h"
#include "config/streams/live_source.h"
#include "config/streams/stream_view.h"
#include "config/streams/view_history.h"
#include "config/type.h"
#include "config/value.h"

namespace freshet {

struct JoinKey {
  std::string name;
  Type type;  // string, int64 or bytes.
  Position at;
  bool misread = false;  // Its text had problems.
};

struct Entity {
  std::string name;
  std::string description;
  std::string owner;
  std::map<std::string, std::string> tags;
  std::vector<JoinKey> join_keys;  // At least one; the order is the key's.
  Position at;
};

enum class FileFormat { kAuto, kParquet, kCsv, kJsonLines, kArrow };
enum class Duplicates { kRefuse, kLatest };
enum class DayPoint { kNone, kStartOfDay, kEndOfDay };
enum class Partitions { kIgnore, kHive };
enum class ColumnCase { kAsIs, kUpper, kLower };

enum class LoadMode { kFull, kUpsert };

enum class Complete { kSuccess, kManifest, kQuiet };
enum class SnapshotPlace { kPath, kDirectory };

// How new snapshots of a source are noticed.
struct WatchSettings {
  int64_t every_micros = 30'000'000;
  Complete complete = Complete::kSuccess;  // What tells that one is complete.
  int64_t quiet_micros = 60'000'000;       // Complete::kQuiet.
  SnapshotPlace each = SnapshotPlace::kPath;  // Where each one lies.

  bool operator==(const WatchSettings&) const = default;
};

// Where a batch view's snapshots come from and how their columns are read.
struct BatchSource {
  std::string path;                       // A file or a directory.
  FileFormat format = FileFormat::kAuto;  // By the file's name.
  bool require_success = false;           // A directory needs `_SUCCESS`.
  std::string manifest;             // Its file in a directory; "": it has none.
  LoadMode mode = LoadMode::kFull;  // What a snapshot is.
  std::string timestamp_field;      // The column with the event time.
  std::string deleted_field;        // The one that says that a key was deleted.
  std::string zone;                 // IANA; for times without zone.
  DayPoint at_day = DayPoint::kNone;  // For dates; needs `zone`.
  Duplicates duplicates = Duplicates::kRefuse;
  // Join key or feature name -> column of the file, where they differ.
  std::map<std::string, std::string> columns;
  ColumnCase column_case = ColumnCase::kAsIs;   // Of names not in `columns`.
  Partitions partitions = Partitions::kIgnore;  // Names of directories.
  std::optional<WatchSettings> watch;           // None: loads are asked for.
  Position at;
  bool misread = false;  // Its text had problems.
};

// What a feature's values must be, by the statistics of a new version.
struct FeatureGuard {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  double nulls_max = 1;  // Share of rows; NaN counts as well.

  bool operator==(const FeatureGuard&) const = default;
};

struct Feature {
  std::string name;
  std::string was;  // The name before, when renamed.
  Type type;
  std::optional<Value> default_value;  // Given for NULL, NOT_FOUND, EXPIRED.
  std::string description;
  std::map<std::string, std::string> tags;
  bool pii = false;
  FeatureGuard guard;
  Position at;
};

// What is checked before a version goes live. Ratios: against the version
// before.
struct GuardSettings {
  double rows_ratio_min = 0.5;
  double rows_ratio_max = 0;      // 0: none.
  double bytes_ratio_min = 0.5;   // Of rows before compression.
  double values_ratio_min = 0.5;  // Share of rows with a value, each feature.
  int64_t age_max_micros = 0;     // From as_of to the load. 0: any.
  bool allow_empty = false;
};

// How many old versions are kept, the current one included.
struct Retention {
  int64_t versions = 2;
  int64_t max_age_micros = 0;  // 0: no limit by age.
};

struct BatchFeatureView {
  std::string name;                   // [a-z][a-z0-9_]{0,62}
  std::vector<std::string> entities;  // Their join keys, in order, are the key.
  // Where its snapshots come from; without a path: it has none, but live rows.
  BatchSource source;
  std::optional<LiveSource> live = std::nullopt;  // What lies over them.
  int64_t ttl_micros = 0;                         // 0: never expires.
  int64_t freshness_micros = 0;  // Data older than this alerts; 0: no limit.
  std::vector<Feature> features;
  std::string owner;
  std::string description;
  std::map<std::string, std::string> tags;
  bool pii = false;
  bool critical = false;  // Readiness waits for it; its alerts page.
  GuardSettings guards;
  Retention retention;
  // Views of one group go live together, run by run; "": it goes by itself.
  std::string snapshot_group;
  // It is that of a stream view, and has one feature: blocks of tiles.
  std::optional<ViewHistory> history = std::nullopt;
  Position at;

  // Whether batch jobs hand over snapshots of it.
  bool HasSnapshots() const { return !source.path.empty(); }
};

// A feature of a view, as a service names it.
struct FeatureRef {
  std::string view;
  std::string feature;  // "*" in a file: all of the view. Never after checks.
  Position at;
};

struct FeatureService {
  std::string name;
  std::string description;
  std::string owner;
  std::map<std::string, std::string> tags;
  std::vector<FeatureRef> features;
  Position at;
};

struct Definitions {
  std::string project;
  std::vector<Entity> entities;
  std::vector<BatchFeatureView> batch_views;
  std::vector<StreamSource> stream_sources;
  std::vector<WindowedView> stream_views;
  std::vector<FeatureService> services;
  // The file had fields of unknown names or a section that is no list: what
  // is not here may have been meant.
  bool misread = false;

  const Entity* FindEntity(std::string_view name) const;
  const BatchFeatureView* FindView(std::string_view name) const;
  const StreamSource* FindStreamSource(std::string_view name) const;
  const WindowedView* FindStreamView(std::string_view name) const;
  const FeatureService* FindService(std::string_view name) const;

  // The views that go live with `view`, itself included, in order.
  std::vector<std::string> GroupOf(const BatchFeatureView& view) const;

  // The join keys of a view of these entities, in order. Requires: they exist.
  std::vector<JoinKey> JoinKeysOf(
      const std::vector<std::string>& view_entities) const;
};

// The same definitions as one canonical YAML (JSON) text, without positions:
// parsing it gives equal definitions, and equal definitions give equal text.
// What the catalog keeps and what the definitions' hash is taken over.
std::string CanonicalText(const Definitions& definitions);

}  // namespace freshet
