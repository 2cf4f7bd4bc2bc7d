// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/erasure/forgotten_keys.h"
#include "storage/manifest.h"
#include "storage/row_batch.h"
#include "storage/store_resources.h"

namespace freshet {

// Whether `dir` is what `expected` (what the catalog says) describes: a
// manifest equal to it, and the files that it names, by size and by the sum of
// their tails. DATA_LOSS names what differs; FAILED_PRECONDITION if the
// manifest's format is newer than this release.
absl::Status CheckVersionFiles(const std::string& dir,
                               const Manifest& expected);

// A version's directory and what the catalog says of it.
struct VersionDirectory {
  std::string dir;
  Manifest expected;
};

// A version is opened with those that it is laid over: itself, its base, and
// so on down to one without a base; and with what of their rows does not count.
struct VersionChain {
  std::vector<VersionDirectory> layers;
  std::vector<ForgottenKey> forgotten;
};

// One immutable version, open for reading: for each directory of its chain a
// private RocksDB opened read-only. Rows of what was forgotten are not there.
// Safe to use from any thread. Closing (the
// destructor) may take milliseconds: leave it to the Reaper.
class Version {
 public:
  // CheckVersionFiles, and the row count by the tables' properties, of what
  // other versions have not opened already. Reads no rows, but the keys of
  // those with a base. `resources` must outlive the version.
  static absl::StatusOr<std::unique_ptr<Version>> Open(
      const VersionChain& chain, StoreResources& resources);
  // Of one without a base.
  static absl::StatusOr<std::unique_ptr<Version>> Open(
      std::string dir, const Manifest& expected, StoreResources& resources);
  ~Version();

  const Manifest& manifest() const;
  const RowSchema& schema() const { return manifest().schema; }

  // Brings closer to the processor what LookupCached of the first keys will
  // read. For one that looks into several versions: first kSlots of all, then
  // kRows of all; within one version LookupCached does it.
  enum class Ahead { kSlots, kRows };
  void Prefetch(std::span<const std::string_view> keys, Ahead what) const;

  // Looks keys up in memory only (block cache); never waits for the disk. A
  // key whose blocks are not in the cache becomes kNeedsDisk. Resets `rows`
  // first.
  void LookupCached(std::span<const std::string_view> keys,
                    RowBatch& rows) const;

  // Reads from disk the keys that are kNeedsDisk in `rows`. Blocks.
  // Requires: `rows` comes from LookupCached of this version with `keys`.
  void LookupDisk(std::span<const std::string_view> keys, RowBatch& rows) const;

  // Touches index and filter of every file, so that the first request does
  // not. Blocks.
  absl::Status Warm() const;

  // Reads everything back, of the whole chain: each file's XXH3, each block's
  // checksum, the number of rows and their sum. `keep_going` is asked between
  // blocks; false gives CANCELLED. Blocks for long.
  absl::Status Verify(const std::function<bool()>& keep_going) const;

  using Visit = std::function<bool(std::string_view key, std::string_view row)>;
  struct ScanOptions {
    bool with_deleted = false;
    std::optional<size_t> newest;  // Of its chain; else all.
  };
  // Calls `visit` for every row that it answers with, in the order of keys,
  // until it returns false.
  absl::Status Scan(const Visit& visit, const ScanOptions& options) const;
  absl::Status Scan(const Visit& visit) const { return Scan(visit, {}); }

  struct Stats {
    int64_t memory_bytes = 0;   // Of index and filter, beyond the block cache.
    int64_t corrupt_reads = 0;  // Keys whose block failed its checksum.
  };
  Stats stats() const;

 private:
  friend absl::Status InheritRowCache(const Version& from, const Version& to,
                                      const std::function<bool()>& keep_going);
  friend int64_t WholeUntilMicros(const Version& version);
  friend bool IsOpened(const Version& version, const VersionChain& chain);

  struct Parts;
  explicit Version(std::unique_ptr<Parts> parts);

  void FindInRowCache(std::span<const std::string_view> keys,
                      RowBatch& rows) const;
  void FindPassedBy(RowBatch& rows) const;
  RowBatch::State Read(std::string_view key, RowBatch& rows, size_t i,
                       bool from_disk) const;
  void OfferToRowCache(RowBatch& rows, size_t i) const;

  std::unique_ptr<Parts> parts_;
};

// Of when the snapshot is that the version is or is laid over: until then it
// says everything, also of keys that it does not have.
int64_t WholeUntilMicros(const Version& version);

// Whether the version was opened with this chain.
bool IsOpened(const Version& version, const VersionChain& chain);

// Puts into the row cache what it holds of `from`, in rows of `to`: what was
// asked for of the one will be asked for of the other. Reads all rows of `to`
// that are not in a layer of `from`;
// `keep_going` is asked between them, and false ends it. Blocks for long.
absl::Status InheritRowCache(const Version& from, const Version& to,
                             const std::function<bool()>& keep_going);

}  // namespace freshet
