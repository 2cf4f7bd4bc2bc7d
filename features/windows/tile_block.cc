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

absl::StatusOr<BlockView> ParseBlock(std::string_view bytes) {
  ByteReader in(bytes);
  const auto format = in.Fixed<uint8_t>();
  if (!in.ok() || format != kTileBlockFormat) {
    return DataLoss("a tile block of format {}, not {}", format,
                    kTileBlockFormat);
  }
  BlockView view;
  view.shape = in.LengthAndBytes();
  int before = -1;
  while (!in.AtEnd()) {
    BlockTile tile;
    tile.index = in.Fixed<uint8_t>();
    tile.bytes = in.LengthAndBytes();
    if (tile.index <= before) in.Fail();
    before = tile.index;
    view.tiles.push_back(tile);
  }
  if (!in.ok()) {
    return DataLoss("a tile block of {} bytes is damaged", bytes.size());
  }
  return view;
}

absl::StatusOr<std::string> MergeBlocks(
    const std::vector<std::string_view>& blocks) {
  CHECK(!blocks.empty());
  std::vector<BlockTile> tiles;
  std::string_view shape_bytes;
  for (const std::string_view bytes : blocks) {
    ASSIGN_OR_RETURN(const BlockView view, ParseBlock(bytes));
    if (!shape_bytes.empty() && view.shape != shape_bytes) {
      return DataLoss("tile blocks of two shapes stand under one key");
    }
    shape_bytes = view.shape;
    tiles.insert(tiles.end(), view.tiles.begin(), view.tiles.end());
  }
  std::stable_sort(
      tiles.begin(), tiles.end(),
      [](const BlockTile& a, const BlockTile& b) { return a.index < b.index; });

  ByteReader in(shape_bytes);
  ASSIGN_OR_RETURN(const TileShape shape, TileShape::Read(in));
  Tile merged(shape);
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
      RETURN_IF_ERROR(AppendMerged(same, merged, &out));
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
