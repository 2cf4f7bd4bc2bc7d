// SPDX-License-Identifier: Apache-2.0
#include "features/windows/tile_block.h"

#include <algorithm>
#include <limits>
#include <span>

#include "base/check.h"
#include "base/error.h"
#include "base/status.h"
#include "features/windows/tile_level.h"

namespace freshet {
namespace {

// As it stands before the tiles.
void AppendHead(uint8_t format, std::string_view shape, std::string* out) {
  out->push_back(static_cast<char>(format));
  AppendLengthAndBytes(shape, out);
}

// Writes the tiles of a block behind its head.
class TileAppender {
 public:
  TileAppender(uint8_t format, std::string* out)
      : out_(out), moments_(format == kMomentBlockFormat) {}

  void Append(const BlockTile& tile) {
    if (moments_) {
      AppendVarint(static_cast<uint64_t>(tile.index - before_), out_);
      before_ = tile.index;
    } else {
      out_->push_back(static_cast<char>(tile.index));
    }
    AppendLengthAndBytes(tile.bytes, out_);
  }

 private:
  std::string* const out_;
  const bool moments_;
  int64_t before_ = -1;
};

// Tiles of one index as one.
absl::Status AppendMerged(std::span<const BlockTile> tiles, Tile& merged,
                          TileAppender& out) {
  merged.Clear();
  for (const BlockTile& tile : tiles) {
    RETURN_IF_ERROR(merged.Merge(tile.bytes));
  }
  std::string bytes;
  merged.AppendTo(&bytes);
  out.Append({tiles.front().index, bytes});
  return absl::OkStatus();
}

// Tiles in any order; those of one index are merged.
absl::Status AppendAll(const TileShape& shape, std::vector<BlockTile>& tiles,
                       TileAppender& out) {
  const auto before = [](const BlockTile& a, const BlockTile& b) {
    return a.index < b.index;
  };
  // Mostly what came later goes on where the rest ends.
  if (!std::is_sorted(tiles.begin(), tiles.end(), before)) {
    std::stable_sort(tiles.begin(), tiles.end(), before);
  }
  std::optional<Tile> merged;  // Made where two are of one index.
  for (auto at = tiles.begin(); at != tiles.end();) {
    const auto end = std::find_if(at, tiles.end(), [&](const BlockTile& tile) {
      return tile.index != at->index;
    });
    if (end - at == 1) {
      out.Append(*at);
    } else {
      if (!merged) merged.emplace(shape);
      RETURN_IF_ERROR(AppendMerged({at, end}, *merged, out));
    }
    at = end;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<BlockTiles> BlockTiles::Open(std::string_view bytes) {
  BlockTiles tiles(bytes);
  tiles.format_ = tiles.in_.Fixed<uint8_t>();
  tiles.shape_ = tiles.in_.LengthAndBytes();
  const bool known =
      tiles.format_ == kTileBlockFormat || tiles.format_ == kMomentBlockFormat;
  if (!tiles.in_.ok() || !known) {
    return DataLoss("{} bytes of format {} are no tile block", bytes.size(),
                    tiles.format_);
  }
  return tiles;
}

int64_t BlockTiles::NextIndex() {
  if (format_ == kTileBlockFormat) return in_.Fixed<uint8_t>();
  const auto step = in_.Varint<uint32_t>();
  const int64_t index = before_ + step;
  if (index >= TilesPerBlock(TileLevel::kMoment)) in_.Fail();
  return index;
}

std::optional<BlockTile> BlockTiles::Next() {
  if (in_.AtEnd()) return std::nullopt;
  const int64_t index = NextIndex();
  const std::string_view bytes = in_.LengthAndBytes();
  if (index <= before_) in_.Fail();
  if (!in_.ok()) return std::nullopt;
  before_ = index;
  return BlockTile{static_cast<uint32_t>(index), bytes};
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
  uint8_t format = 0;
  for (const std::string_view bytes : blocks) {
    ASSIGN_OR_RETURN(BlockTiles block, BlockTiles::Open(bytes));
    if (format != 0 &&
        (block.shape() != shape_bytes || block.format() != format)) {
      return DataLoss("tile blocks of two shapes stand under one key");
    }
    shape_bytes = block.shape();
    format = block.format();
    while (const auto tile = block.Next()) tiles.push_back(*tile);
    RETURN_IF_ERROR(block.status());
  }
  ByteReader in(shape_bytes);
  ASSIGN_OR_RETURN(const TileShape shape, TileShape::Read(in));
  // It was gone through, and there is nothing to merge it with.
  if (blocks.size() == 1) return std::string(blocks.front());

  std::string out;
  AppendHead(format, shape_bytes, &out);
  TileAppender appender(format, &out);
  RETURN_IF_ERROR(AppendAll(shape, tiles, appender));
  return out;
}

Tile& BlockBuilder::At(uint32_t index) {
  CHECK(index <= std::numeric_limits<uint8_t>::max());
  return tiles_.try_emplace(index, shape_).first->second;
}

std::string BlockBuilder::Finish() const {
  std::string shape;
  shape_.AppendTo(&shape);
  std::string out;
  AppendHead(kTileBlockFormat, shape, &out);
  TileAppender appender(kTileBlockFormat, &out);
  std::string bytes;
  for (const auto& [index, tile] : tiles_) {
    bytes.clear();
    tile.AppendTo(&bytes);
    appender.Append({index, bytes});
  }
  return out;
}

void MomentBlockBuilder::Add(uint32_t index, std::string_view tile) {
  CHECK(index < TilesPerBlock(TileLevel::kMoment));
  const size_t begin = bytes_.size();
  bytes_.append(tile);
  moments_.push_back({index, begin, bytes_.size()});
}

std::string MomentBlockBuilder::Finish() const {
  std::vector<BlockTile> tiles;
  tiles.reserve(moments_.size());
  for (const Moment& moment : moments_) {
    tiles.push_back(
        {moment.index, std::string_view(bytes_).substr(
                           moment.begin, moment.end - moment.begin)});
  }
  std::string shape;
  shape_.AppendTo(&shape);
  std::string out;
  AppendHead(kMomentBlockFormat, shape, &out);
  TileAppender appender(kMomentBlockFormat, &out);
  // Only what is no tile of the shape does not merge.
  CHECK(AppendAll(shape_, tiles, appender).ok());
  return out;
}

}  // namespace freshet
