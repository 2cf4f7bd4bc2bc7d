// SPDX-License-Identifier: Apache-2.0
// What the daemon and the loader process say to each other. The daemon writes
// one LoadSpec (JSON) and a newline to the child's standard input and keeps it
// open; when it is closed the daemon is gone and the loader ends. The loader
// writes LoadProgress records, one JSON object a line, to its standard output.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "config/definitions.h"
#include "config/settings.h"
#include "features/row_schema.h"
#include "storage/erasure/forgotten_keys.h"

namespace freshet {

// Versions that a load is laid over, or that are folded into one.
struct LayerSpec {
  // Directories of a version's chain, the newest first. Empty: what is built
  // stands by itself.
  std::vector<std::string> chain;
  // How many of them, from the newest, are written anew with what is built; it
  // is laid over the rest.
  int64_t merged = 0;
  // Not 0: no snapshot is read, the chain's own version is built anew and is
  // its `fold`-th fold.
  int64_t fold = 0;
  // Of the chain's rows: not to be written anew, nor to be laid over.
  std::vector<ForgottenKey> forgotten;
  // Of a fold: the manifest's live_rows counts rows that were forgotten.
  bool recount = false;

  bool operator==(const LayerSpec&) const = default;
};

// One load, whole: the loader needs nothing else.
struct LoadSpec {
  std::string view;
  int64_t version = 0;
  int64_t generation = 1;
  RowSchema schema;
  // Of a history: the definitions of its stream view and all that it needs, as
  // CanonicalText, by which events become tiles. "": the snapshot has rows.
  std::string tiles;
  BatchSource source;              // `path` absolute, or an ObjectUrl.
  std::vector<std::string> roots;  // The path must lie under one, with links
                                   // followed.
  LayerSpec layers;
  std::string building_dir;  // Exists; locked by the loader.
  uint64_t source_sum = 0;   // Manifest::source_sum that is wanted; 0: any.
  bool has_as_of = false;    // False: as in Manifest::as_of_micros.
  int64_t as_of_micros = 0;
  int64_t now_micros = 0;  // The daemon's clock at the start.
  int64_t sort_buffer_bytes = 0;
  int64_t memory_max_bytes = 0;  // RLIMIT_AS; 0: none.
  int64_t cpu_max_s = 0;         // RLIMIT_CPU; 0: none.
  int64_t row_bytes_max = 0;
  int64_t columns_max = 0;
  int64_t file_bytes_max = 0;     // 0: no limit.
  int64_t downloads_max = 1;      // Objects at a time.
  int64_t download_rate_max = 0;  // Bytes a second; 0: no limit.
  S3Settings s3;
  int64_t disk_reserve_bytes = 0;  // Ends with RESOURCE_EXHAUSTED before it.
  bool dry_run = false;            // Read and check all, build nothing.
  std::string build;
};

std::string SerializeLoadSpec(const LoadSpec& spec);
absl::StatusOr<LoadSpec> ParseLoadSpec(std::string_view text);

enum class LoadPhase {
  kStarting,   // Opening and checking the snapshot's files.
  kReading,    // Decoding rows; runs are spilled as the buffer fills.
  kWriting,    // Merging runs into SST files.
  kIngesting,  // The one ingest into the private database.
  kVerifying,  // Checksums, manifest, fsync.
  kBuilt,      // Last record of a success; the manifest is in place.
  kFailed,     // Last record of a failure; `error` says why.
};

std::string_view LoadPhaseName(LoadPhase phase);

struct LoadProgress {
  LoadPhase phase = LoadPhase::kStarting;
  int64_t rows = 0;        // Read so far, or written so far.
  int64_t rows_total = 0;  // 0: not known.
  int64_t bytes = 0;       // Of the source, read so far.
  int64_t bytes_total = 0;
  int64_t bytes_written = 0;
  // Rises with whatever else the loader does; says nothing by itself. A record
  // in which neither this nor phase, rows, bytes and bytes_written differ from
  // the one before shows that the process lives, not that it gets on.
  int64_t work = 0;
  absl::Status error;     // kFailed only.
  int64_t rss_bytes = 0;  // Peak so far.
};

std::string SerializeLoadProgress(const LoadProgress& progress);  // One line.
absl::StatusOr<LoadProgress> ParseLoadProgress(std::string_view line);

}  // namespace freshet
