// SPDX-License-Identifier: Apache-2.0
#include "features/windows/window_cover.h"

#include <algorithm>
#include <set>

#include "base/check.h"

namespace freshet {
namespace {

constexpr int64_t kHopsMin = 60;
constexpr int64_t kTilesMax = 120;

// Tiles of `longer` and, at either end, of `level`.
int64_t TilesWith(int64_t window, TileLevel level, TileLevel longer) {
  return window / TileMicros(longer) + TileMicros(longer) / TileMicros(level);
}

}  // namespace

TileLevel HopOf(int64_t window_micros) {
  CHECK(window_micros >= kHopsMin * TileMicros(TileLevel::k1Second));
  TileLevel hop = TileLevel::k1Second;
  for (const TileLevel level : kTileLevels) {
    if (TileMicros(level) <= window_micros / kHopsMin) hop = level;
  }
  return hop;
}

std::vector<TileLevel> LevelsFor(const std::vector<int64_t>& windows_micros) {
  std::set<TileLevel> levels;
  for (const int64_t window : windows_micros) {
    const TileLevel hop = HopOf(window);
    levels.insert(hop);
    if (window / TileMicros(hop) <= kTilesMax) continue;
    // The one with the fewest tiles.
    levels.insert(*std::min_element(
        std::find(kTileLevels.begin(), kTileLevels.end(), hop) + 1,
        kTileLevels.end(), [&](TileLevel a, TileLevel b) {
          return TilesWith(window, hop, a) < TilesWith(window, hop, b);
        }));
  }
  return {levels.begin(), levels.end()};
}

std::vector<TileRange> CoverWindow(const std::vector<TileLevel>& levels,
                                   int64_t from_micros, int64_t to_micros) {
  CHECK(from_micros % TileMicros(levels.front()) == 0);
  std::vector<TileRange> cover;
  for (int64_t at = from_micros; at < to_micros;) {
    TileLevel longest = levels.front();
    for (const TileLevel level : levels) {
      if (at % TileMicros(level) == 0) longest = level;
    }
    const int64_t tile = TileAt(longest, at);
    if (!cover.empty() && cover.back().level == longest &&
        cover.back().end == tile) {
      ++cover.back().end;
    } else {
      cover.push_back({longest, tile, tile + 1});
    }
    at += TileMicros(longest);
  }
  return cover;
}

}  // namespace freshet
