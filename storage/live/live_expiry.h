// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>

#include "features/windows/tile_level.h"

namespace rocksdb {
class CompactionFilterFactory;
}

namespace freshet {

// From when on a generation keeps its blocks of tiles and its live rows.
// Everything, until it is told. Safe to use from any thread.
class LiveExpiry {
 public:
  static constexpr int64_t kEverything = std::numeric_limits<int64_t>::min();

  struct Kept {
    std::array<int64_t, kTileLevels.size()> blocks_from = {};  // By level.
    int64_t rows_after = kEverything;
  };

  LiveExpiry();

  void KeepFrom(TileLevel level, int64_t micros);
  void KeepRowsAfter(int64_t micros);
  Kept kept() const;

  // Whether it may go: a block, if all of its tiles end before; a row, if
  // nothing in it is younger. False for what is neither.
  static bool IsExpired(std::string_view key, std::string_view value,
                        const Kept& kept);

 private:
  std::array<std::atomic<int64_t>, kTileLevels.size()> blocks_from_;
  std::atomic<int64_t> rows_after_ = kEverything;
};

// Leaves out of compactions what has expired, so that nothing is ever searched
// for it.
std::shared_ptr<rocksdb::CompactionFilterFactory> MakeExpiryFilter(
    std::shared_ptr<const LiveExpiry> expiry);

}  // namespace freshet
