// SPDX-License-Identifier: Apache-2.0
// Which tiles make up a window.
#pragma once

#include <cstdint>
#include <vector>

#include "features/windows/tile_level.h"

namespace freshet {

// By how much a window's old end moves at a time: the longest level of at most
// a 60th of it (docs/semantics.md, rule 26). Requires: the window has a minute
// at least.
TileLevel HopOf(int64_t window_micros);

// The levels to keep for an exact window: moments, the second, and of the
// minute, the hour and so on those that keep it from being more than 120 tiles
// of any. Ascending.
std::vector<TileLevel> ExactLevelsFor(int64_t window_micros);

// Tiles [begin, end) of one level.
struct TileRange {
  TileLevel level;
  int64_t begin;
  int64_t end;

  bool operator==(const TileRange&) const = default;
};

// The levels to keep for windows of these lengths: each one's hop, and longer
// ones where a window would else be more than 120 tiles. Ascending.
std::vector<TileLevel> LevelsFor(const std::vector<int64_t>& windows_micros);

// What tiles at the end of a cover may hold besides.
enum class CoverEnd {
  kMayPass,  // What is later: there is nothing, for it is now.
  kExact,    // Nothing.
};

// The fewest tiles of `levels` that hold all of [from, to), and nothing before.
// Oldest first. Requires: `from` is a multiple of the first of levels, which
// ascend, and from <= to; moments are not alone; `to` is one, too, if the end
// is exact.
std::vector<TileRange> CoverWindow(const std::vector<TileLevel>& levels,
                                   int64_t from_micros, int64_t to_micros,
                                   CoverEnd end = CoverEnd::kMayPass);

}  // namespace freshet
