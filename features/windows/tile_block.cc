// SPDX-License-Identifier: Apache-2.0
#include "features/windows/tile_block.h"

#include <algorithm>

#include "base/check.h"
#include "base/error.h"
#include "base/status.h"

namespace freshet {
namespace {

void AppendTile(uint8_t index, std::string_view tile, std::string* out) {
  out->push_back(static_cast<char>(index));
  AppendLengthAndBytes(tile, out);
}

// Tiles of one index, merged, at the end of `out`.
absl::Status AppendMerged(const std::vector<BlockTile>& tiles, Tile& merged,
                          std::string* out) {
  merged.Clear();
  for (const BlockTile& tile : tiles) {
    RETURN_IF_ERROR(merged.Merge(tile.bytes));
  }
  std::string bytes;
  merged.AppendTo(&bytes);
  AppendTile(tiles.front().index, bytes, out);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<BlockTiles> BlockTiles::Open(std::string_view bytes) {
  BlockTiles tiles(bytes);
  const auto format = tiles.in_.Fixed<uint8_t>();
  tiles.shape_ = tiles.in_.LengthAndBytes();
  if (!tiles.in_.ok() || format != kTileBlockFormat) {
    return DataLoss("{} bytes of format {} are no tile block of format {}",
                    bytes.size(), format, kTileBlockFormat);
  }
  return tiles;
}

std::optional<BlockTile> BlockTiles::Next() {
  if (in_.AtEnd()) return std::nullopt;
  BlockTile tile;
  tile.index = in_.Fixed<uint8_t>();
  tile.bytes = in_.LengthAndBytes();
  if (tile.index <= before_) in_.Fail();
  before_ = tile.index;
  if (!in_.ok()) return std::nullopt;
  return tile;
}

absl::Status BlockTiles::status() const {
  if (in_.ok()) return absl::OkStatus();
  return DataLoss("a tile block is damaged after tile {}", before_);
}

absl::StatusOr<std::string> MergeBlocks(
    const std::vector<std::string_view>& blocks) {
  CHECK(!blocks.empty());
  std::vector<BlockTile> tiles;
  std::string_view shape_bytes;
  for (const std::string_view bytes : blocks) {
    ASSIGN_OR_RETURN(BlockTiles block, BlockTiles::Open(bytes));
    if (!shape_bytes.empty() && block.shape() != shape_bytes) {
      return DataLoss("tile blocks of two shapes stand under one key");
    }
    shape_bytes = block.shape();
    while (const auto tile = block.Next()) tiles.push_back(*tile);
    RETURN_IF_ERROR(block.status());
  }
  ByteReader in(shape_bytes);
  ASSIGN_OR_RETURN(const TileShape shape, TileShape::Read(in));
  // It was gone through, and there is nothing to merge it with.
  if (blocks.size() == 1) return std::string(blocks.front());
  const auto before = [](const BlockTile& a, const BlockTile& b) {
    return a.index < b.index;
  };
  // Mostly what came later goes on where the rest ends.
  if (!std::is_sorted(tiles.begin(), tiles.end(), before)) {
    std::stable_sort(tiles.begin(), tiles.end(), before);
  }

  std::optional<Tile> merged;  // Made where two are of one index.
  std::string out(1, static_cast<char>(kTileBlockFormat));
  AppendLengthAndBytes(shape_bytes, &out);
  std::vector<BlockTile> same;
  for (auto at = tiles.begin(); at != tiles.end();) {
    same.clear();
    for (; at != tiles.end() && (same.empty() || at->index == same[0].index);
         ++at) {
      same.push_back(*at);
    }
    if (same.size() == 1) {
      AppendTile(same[0].index, same[0].bytes, &out);
    } else {
      if (!merged) merged.emplace(shape);
      RETURN_IF_ERROR(AppendMerged(same, *merged, &out));
    }
  }
  return out;
}

Tile& BlockBuilder::At(uint8_t index) {
  return tiles_.try_emplace(index, shape_).first->second;
}

std::string BlockBuilder::Finish() const {
  std::string out(1, static_cast<char>(kTileBlockFormat));
  std::string shape;
  shape_.AppendTo(&shape);
  AppendLengthAndBytes(shape, &out);
  std::string bytes;
  for (const auto& [index, tile] : tiles_) {
    bytes.clear();
    tile.AppendTo(&bytes);
    AppendTile(index, bytes, &out);
  }
  return out;
}

}  // namespace freshet
