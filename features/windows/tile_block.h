// SPDX-License-Identifier: Apache-2.0
// Several tiles of one entity and level as one value of the store:
// docs/format.md, "Tile block". Moments are tiles too, of which a block may
// hold any number up to millions.
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

// The first byte; that of live rows is another (features/streams/live_row.h).
inline constexpr uint8_t kTileBlockFormat = 1;
inline constexpr uint8_t kMomentBlockFormat = 3;

struct BlockTile {
  uint32_t index = 0;  // In its block, from 0.
  std::string_view bytes;
};

// The tiles of one block, one after the other; points into its bytes. What the
// tiles hold is not looked at.
class BlockTiles {
 public:
  // DATA_LOSS if the bytes do not begin as a block.
  static absl::StatusOr<BlockTiles> Open(std::string_view bytes);

  uint8_t format() const { return format_; }
  std::string_view shape() const { return shape_; }  // As TileShape wrote it.

  // Ascending, each index once. Nothing at the end, or at damage.
  std::optional<BlockTile> Next();
  // DATA_LOSS once Next came to damage.
  absl::Status status() const;

 private:
  explicit BlockTiles(std::string_view bytes) : in_(bytes) {}

  int64_t NextIndex();

  ByteReader in_;
  uint8_t format_ = 0;
  std::string_view shape_;
  int64_t before_ = -1;
};

// The block of the events of all. Any order gives the same answers. DATA_LOSS
// if one is not a block or they are of different formats or shapes. Requires:
// at least one.
absl::StatusOr<std::string> MergeBlocks(
    const std::vector<std::string_view>& blocks);

// A block of tiles that are longer than moments, as events are added to them.
// Not thread-safe.
class BlockBuilder {
 public:
  explicit BlockBuilder(const TileShape& shape) : shape_(shape) {}

  // The tile to add events to. Requires: less than 256.
  Tile& At(uint32_t index);
  std::string Finish() const;

 private:
  TileShape shape_;
  std::map<uint32_t, Tile> tiles_;
};

// A block of moments, as events are added to it: each is written down at once,
// for hardly any two are of one moment. Not thread-safe.
class MomentBlockBuilder {
 public:
  explicit MomentBlockBuilder(const TileShape& shape) : shape_(shape) {}

  // `tile`: what Tile::AppendTo wrote of some of its events. Requires: the
  // index is one of TilesPerBlock.
  void Add(uint32_t index, std::string_view tile);
  std::string Finish() const;

 private:
  struct Moment {
    uint32_t index;
    size_t begin;  // In bytes_.
    size_t end;
  };

  TileShape shape_;
  std::string bytes_;
  std::vector<Moment> moments_;  // As they came.
};

}  // namespace freshet
