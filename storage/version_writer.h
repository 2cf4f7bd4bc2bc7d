// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/manifest.h"

namespace freshet {

struct VersionWriterOptions {
  int64_t file_bytes = 256 << 20;  // SST files are cut at this size.
  int64_t block_bytes = 4096;
};

// Builds one version in a directory of its own: sorted rows into SST files,
// then one private RocksDB that takes them all by a single ingest, then the
// manifest; every file and the directory fsynced. The directory is not a
// version until Finish returned OK, and not served until the catalog names it.
//
// Not thread-safe. After any error throw the directory away.
class VersionWriter {
 public:
  // `dir` must exist and be empty but for the lock file of its builder. The
  // manifest's view, version, generation, schema, as_of, built_at, source and
  // build come from `identity`.
  static absl::StatusOr<std::unique_ptr<VersionWriter>> Create(
      std::string dir, Manifest identity, VersionWriterOptions options);
  ~VersionWriter();

  // INVALID_ARGUMENT if `key` is not greater than the one before.
  // RESOURCE_EXHAUSTED when the disk is full.
  absl::Status Add(std::string_view key, std::string_view row);

  // Ingests, verifies the files' checksums, writes and syncs the manifest.
  // Zero rows give a database without files.
  absl::StatusOr<Manifest> Finish();

  int64_t rows() const;
  int64_t bytes_written() const;

 private:
  struct Parts;
  explicit VersionWriter(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace freshet
