// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "features/row_schema.h"
#include "features/windows/history_span.h"
#include "storage/stats/column_stats.h"

namespace freshet {

struct ManifestFile {
  std::string name;  // Within the version's directory.
  int64_t bytes = 0;
  uint64_t xxh3 = 0;
  // The end of the file that is read when it is opened, with a sum of its own:
  // for a table what follows its rows (filter, index, properties, footer), else
  // all of it. RocksDB parses some of that before it checks it.
  int64_t tail_bytes = 0;
  uint64_t tail_xxh3 = 0;

  bool operator==(const ManifestFile&) const = default;
};

// Of a version that is no rows but the tiles of a windowed view's past, what
// they are: docs/format.md, "History". Each row has one block, in
// kTileBlockColumn, under its key in a live store.
struct TileHistory {
  uint64_t tiles = 0;  // WindowedViewPlan::generation_hash.
  HistorySpan span;
  int64_t events = 0;    // In the tiles.
  int64_t left_out = 0;  // Those of the span that have no time or no key, or
                         // that an expression failed on.

  bool operator==(const TileHistory&) const = default;
};
inline constexpr size_t kTileBlockColumn = 0;

// What a built version is and must hold: written last into its directory,
// fsynced, as `MANIFEST.freshet`; a directory without it is not a version.
// With it a lost or truncated file is noticed, which RocksDB alone does not.
// docs/format.md, "Version manifest".
struct Manifest {
  std::string view;
  int64_t version = 0;     // Rising per view, never used twice.
  int64_t generation = 1;  // Of the view's key and types.
  // The version that this one is laid over: its rows count where this one has
  // none of their key. 0: it stands by itself. Both have one schema.
  int64_t base = 0;
  // How many times it was folded: written anew together with versions that it
  // was laid over, which changes no answer.
  int64_t fold = 0;
  RowSchema schema;
  int64_t rows = 0;  // In its own tables, deleted ones included.
  int64_t deleted_rows = 0;
  int64_t live_rows = 0;  // That it answers with, those of its base included.
  // Sum of RowSum over rows, modulo 2^64: does not depend on order. A full
  // read that gives another sum found damage.
  uint64_t rows_sum = 0;
  int64_t key_bytes = 0;
  int64_t row_bytes = 0;
  std::vector<ManifestFile> files;  // All but the manifest.
  // The load's argument, else the greatest event time that is not after
  // built_at; built_at if there is none.
  int64_t as_of_micros = 0;
  // The same of the full snapshot that is in it, or that it is laid over, where
  // it was folded; none: as_of_micros.
  std::optional<int64_t> whole_as_of_micros = std::nullopt;
  int64_t event_time_min_micros = 0;
  int64_t event_time_max_micros = 0;  // Of the future as well.
  int64_t built_at_micros = 0;        // The daemon's clock at the load's start.
  std::string source;                 // Path as given.
  int64_t source_bytes = 0;
  uint64_t source_sum = 0;    // Of its files' names, sizes and times. 0: not
                              // known.
  int64_t rows_replaced = 0;  // Older rows of a key, dropped (duplicates:
                              // latest).
  std::vector<ColumnStats> columns;
  std::optional<TileHistory> history = std::nullopt;
  std::string build;  // Freshet's version that wrote it.

  // Whether a release that knows nothing of layers would misread it: then it is
  // written in format 2, else in format 1.
  bool NeedsLayers() const { return base > 0 || fold > 0 || deleted_rows > 0; }

  // Of when the full snapshot is that is in it. Requires: base is 0.
  int64_t WholeUntilMicros() const {
    return whole_as_of_micros.value_or(as_of_micros);
  }

  // Null if it has no such feature.
  const ColumnStats* StatsOf(uint32_t feature_id) const;

  bool operator==(const Manifest&) const = default;
};

inline constexpr std::string_view kManifestName = "MANIFEST.freshet";
inline constexpr int kManifestFormat = 2;

std::string SerializeManifest(const Manifest& manifest);

// DATA_LOSS if the bytes are damaged; FAILED_PRECONDITION, naming both
// numbers, if the format is newer than kManifestFormat.
absl::StatusOr<Manifest> ParseManifest(std::string_view bytes);

absl::StatusOr<Manifest> ReadManifest(const std::string& version_dir);

// What one row adds to rows_sum: Xxh3 over the sums of its key and of its
// bytes, so that no byte can move between the two.
uint64_t RowSum(std::string_view key, std::string_view row);

}  // namespace freshet
