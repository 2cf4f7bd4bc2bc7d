// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/manifest.h"

namespace freshet {

struct VersionWriterOptions {
  int64_t file_bytes = 256 << 20;  // SST files are cut at this size,
  int64_t file_rows = 250'000;     // or at so many rows: a file's filter and
                                   // index are made in memory.
  int64_t block_bytes = 4096;
  // What must stay free on the file system. Checked at least every MiB: this
  // RocksDB aborts the process when it meets a full disk.
  int64_t disk_reserve_bytes = 0;
  // as_of is the greatest event time among the rows; the identity's is unused.
  bool as_of_from_rows = false;
  // Called by Finish between the ingest and the sums, for progress.
  std::function<void()> on_ingested = {};
  // Called by Finish often, for a caller that must tell long from stuck.
  std::function<void()> on_work = [] {};
};

// Builds one version in a directory of its own: sorted rows into SST files,
// then one private RocksDB that takes them all by a single ingest, then the
// manifest; every file and the directory fsynced. The directory is not a
// version until Finish returned OK, and not served until the catalog names it.
//
// Not thread-safe. After any error throw the directory away.
class VersionWriter {
 public:
  // `dir` must exist and be empty but for its builder's lock file, `LOCK`. What
  // the manifest does not say of files and rows comes from `identity`.
  static absl::StatusOr<std::unique_ptr<VersionWriter>> Create(
      std::string dir, Manifest identity, const VersionWriterOptions& options);
  ~VersionWriter();

  // INVALID_ARGUMENT if `key` is not greater than the one before or `row` is
  // neither one of the schema nor a deleted one. RESOURCE_EXHAUSTED when the
  // disk would have less than its reserve.
  absl::Status Add(std::string_view key, std::string_view row);

  // Ingests, verifies the files' checksums, writes and syncs the manifest.
  // Zero rows give a database without files. `rows_replaced`: older rows of a
  // key that the caller left out. `live_rows`: of one with a base. Call once.
  absl::StatusOr<Manifest> Finish(int64_t rows_replaced = 0,
                                  std::optional<int64_t> live_rows = {});

  int64_t rows() const;
  int64_t bytes_written() const;

 private:
  struct Parts;
  explicit VersionWriter(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace freshet
