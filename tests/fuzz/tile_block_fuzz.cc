// SPDX-License-Identifier: Apache-2.0
// A block of tiles on disk. Whatever the bytes, they are refused or merged;
// what was merged once is merged with itself to the same tiles.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "features/windows/tile_block.h"

namespace {

// How many tiles the block has; -1: it is damaged.
int TilesOf(std::string_view bytes) {
  auto block = freshet::BlockTiles::Open(bytes);
  if (!block.ok()) return -1;
  int tiles = 0;
  while (block->Next()) ++tiles;
  return block->status().ok() ? tiles : -1;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  const int tiles = TilesOf(input);
  const auto merged = freshet::MergeBlocks({input, input});
  CHECK(tiles >= 0 || !merged.ok());
  CHECK(!merged.ok() || TilesOf(*merged) == tiles);
  return 0;
}
