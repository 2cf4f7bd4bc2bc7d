// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"

namespace freshet {

// What a live store holds of windows.
struct TileCount {
  std::map<int64_t, int64_t> tiles;  // By their length in seconds; not empty.
  int64_t blocks = 0;
  int64_t block_bytes = 0;        // Of keys and values, as they are read.
  int64_t file_bytes_before = 0;  // Of the files, as they were found.
  int64_t file_bytes = 0;         // After everything was compacted.
};

// Compacts the live store of a daemon that is not running and counts its
// tiles. `dir`: `live` in the storage directory. Blocks for minutes.
absl::StatusOr<TileCount> CompactAndCountTiles(const std::string& dir);

}  // namespace freshet
