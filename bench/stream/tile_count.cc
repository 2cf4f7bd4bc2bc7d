// SPDX-License-Identifier: Apache-2.0
#include "bench/stream/tile_count.h"

#include <string_view>

#include "base/error.h"
#include "base/file.h"
#include "base/status.h"
#include "features/windows/tile_block.h"
#include "features/windows/window_plan.h"
#include "ingest/live/live_applier.h"
#include "storage/live/live_store.h"
#include "storage/store_resources.h"

namespace freshet {
namespace {

constexpr int64_t kCacheBytes = 64 << 20;

absl::Status Count(std::string_view key, std::string_view value,
                   TileCount& count) {
  const auto block = ParseBlockKey(key);
  if (!block) return DataLoss("a key of {} bytes is no block's", key.size());
  ASSIGN_OR_RETURN(BlockTiles tiles, BlockTiles::Open(value));
  while (tiles.Next()) ++count.tiles[TileMicros(block->level) / 1'000'000];
  ++count.blocks;
  count.block_bytes += static_cast<int64_t>(key.size() + value.size());
  return tiles.status();
}

}  // namespace

absl::StatusOr<TileCount> CompactAndCountTiles(const std::string& dir) {
  // What is not there would be made.
  if (!PathExists(dir)) return NotFound("there is no '{}'", dir);
  StoreResources resources(kCacheBytes);
  ASSIGN_OR_RETURN(const std::unique_ptr<LiveStore> store,
                   LiveStore::Open(dir, {}, resources));
  TileCount count;
  count.file_bytes_before = store->stats().file_bytes;
  const auto generations = store->generations();
  for (const auto& [number, generation] : generations) {
    RETURN_IF_ERROR(generation->Compact());
  }
  count.file_bytes = store->stats().file_bytes;
  for (const auto& [number, generation] : generations) {
    if (number <= LiveApplier::kPositionsGeneration) continue;
    absl::Status status;
    RETURN_IF_ERROR(
        generation->Scan("", [&](std::string_view key, std::string_view value) {
          status = Count(key, value, count);
          return status.ok();
        }));
    RETURN_IF_ERROR(status);
  }
  return count;
}

}  // namespace freshet
