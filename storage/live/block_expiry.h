// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>

#include "features/windows/tile_level.h"

namespace rocksdb {
class CompactionFilterFactory;
}

namespace freshet {

// From when on a generation keeps its blocks of tiles. Everything, until it is
// told. Safe to use from any thread.
class BlockExpiry {
 public:
  // By level.
  using KeptFrom = std::array<int64_t, kTileLevels.size()>;

  BlockExpiry();

  void KeepFrom(TileLevel level, int64_t micros);
  KeptFrom kept_from() const;

  // Whether a block may go: all of its tiles end before. False for what is no
  // block.
  static bool IsExpired(std::string_view block_key, const KeptFrom& kept_from);

 private:
  std::array<std::atomic<int64_t>, kTileLevels.size()> kept_from_;
};

// Leaves out of compactions what has expired, so that nothing is ever searched
// for it.
std::shared_ptr<rocksdb::CompactionFilterFactory> MakeExpiryFilter(
    std::shared_ptr<const BlockExpiry> expiry);

}  // namespace freshet
