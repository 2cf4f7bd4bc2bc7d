// SPDX-License-Identifier: Apache-2.0
// Several tiles of one entity and level as one value of the store:
// docs/format.md, "Tile block".
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "features/byte_reader.h"
#include "features/windows/tile.h"
#include "features/windows/tile_shape.h"

namespace freshet {

inline constexpr uint8_t kTileBlockFormat = 1;

struct BlockTile {
  uint8_t index = 0;  // In its block, from 0.
  std::string_view bytes;
};

// The tiles of one block, one after the other; points into its bytes. What the
// tiles hold is not looked at.
class BlockTiles {
 public:
  // DATA_LOSS if the bytes do not begin as a block.
  static absl::StatusOr<BlockTiles> Open(std::string_view bytes);

  std::string_view shape() const { return shape_; }  // As TileShape wrote it.

  // Ascending, each index once. Nothing at the end, or at damage.
  std::optional<BlockTile> Next();
  // DATA_LOSS once Next came to damage.
  absl::Status status() const;

 private:
  explicit BlockTiles(std::string_view bytes) : in_(bytes) {}

  ByteReader in_;
  std::string_view shape_;
  int before_ = -1;
};

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
