// SPDX-License-Identifier: Apache-2.0
// Several tiles of one entity and level as one value of the store:
// docs/format.md, "Tile block".
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "features/windows/tile.h"
#include "features/windows/tile_shape.h"

namespace freshet {

inline constexpr uint8_t kTileBlockFormat = 1;

struct BlockTile {
  uint8_t index = 0;  // In its block, from 0.
  std::string_view bytes;
};

// The tiles of one block; points into its bytes.
struct BlockView {
  std::string_view shape;        // As TileShape wrote it.
  std::vector<BlockTile> tiles;  // Ascending, each index once.
};

// DATA_LOSS if the bytes are not a block. What the tiles hold is not looked at.
absl::StatusOr<BlockView> ParseBlock(std::string_view bytes);

// The block of the events of all. Any order gives the same answers. DATA_LOSS
// if one is not a block or they are of different shapes. Requires: at least
// one.
absl::StatusOr<std::string> MergeBlocks(
    const std::vector<std::string_view>& blocks);

// A block as tiles are added to it. Not thread-safe.
class BlockBuilder {
 public:
  explicit BlockBuilder(const TileShape& shape) : shape_(shape) {}

  // The tile to add events to.
  Tile& At(uint8_t index);
  std::string Finish() const;

 private:
  TileShape shape_;
  std::map<uint8_t, Tile> tiles_;
};

}  // namespace freshet
