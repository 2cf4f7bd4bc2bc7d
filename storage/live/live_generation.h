// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "features/windows/tile_level.h"
#include "storage/row_batch.h"

namespace freshet {

// The values of one generation of a live view, by key: rows, or blocks of
// tiles. Safe to use from any thread.
class LiveGeneration {
 public:
  using Ptr = std::shared_ptr<const LiveGeneration>;

  ~LiveGeneration();
  LiveGeneration(const LiveGeneration&) = delete;
  LiveGeneration& operator=(const LiveGeneration&) = delete;

  uint64_t number() const;
  // What its owner said of it last (LiveStore::Describe). Reads from disk.
  absl::StatusOr<std::string> about() const;

  // As Version's: what is in memory, and then what is not. The block of several
  // changes is merged as it is read; one that does not merge is kCorrupt.
  void LookupCached(std::span<const std::string_view> keys,
                    RowBatch& values) const;
  void LookupDisk(std::span<const std::string_view> keys,
                  RowBatch& values) const;

  // Calls `visit` for every value from `from` on, in the order of keys, until
  // it returns false. Blocks.
  using Visit = std::function<bool(std::string_view key, std::string_view)>;
  absl::Status Scan(std::string_view from, const Visit& visit) const;

  // Blocks of tiles that end before are in no window any more: they are left
  // out when files are compacted, which may be days later. Until told,
  // everything is kept.
  void KeepFrom(TileLevel level, int64_t micros) const;
  // The same of live rows: one that has nothing younger counts no more. None:
  // everything is kept.
  void KeepRowsAfter(std::optional<int64_t> micros) const;
  // Rewrites all its files, without what has expired and what was deleted.
  // Blocks for minutes. CANCELLED soon after `canceled` becomes true; null: it
  // never does.
  absl::Status Compact(std::atomic<bool>* canceled = nullptr) const;

 private:
  friend class LiveBatch;
  friend class LiveStore;
  struct Parts;
  explicit LiveGeneration(std::unique_ptr<Parts> parts);

  void FindInCache(std::span<const std::string_view> keys,
                   RowBatch& values) const;
  // One that was not found there; offered to it.
  RowBatch::State Read(std::string_view key, bool from_disk, RowBatch& values,
                       size_t i) const;

  std::unique_ptr<Parts> parts_;
};

}  // namespace freshet
