// SPDX-License-Identifier: Apache-2.0
#include "features/windows/window_cover.h"

#include <algorithm>
#include <limits>
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

// Of [from, to); no tile ends after `end`.
std::vector<TileRange> Cover(const std::vector<TileLevel>& levels, int64_t from,
                             int64_t to, int64_t end) {
  CHECK(from % TileMicros(levels.front()) == 0);
  std::vector<TileRange> cover;
  for (int64_t at = from; at < to;) {
    TileLevel longest = levels.front();
    for (const TileLevel level : levels) {
      const int64_t length = TileMicros(level);
      if (at % length == 0 && at <= end - length) longest = level;
    }
    if (longest == TileLevel::kMoment) {
      // As one range: there are up to a million.
      const int64_t step = TileMicros(levels[1]);
      const int64_t next = std::min((FloorDivide(at, step) + 1) * step, end);
      cover.push_back({longest, at, next});
      at = next;
      continue;
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

std::vector<TileLevel> ExactLevelsFor(int64_t window_micros) {
  std::vector<TileLevel> levels = {TileLevel::kMoment, TileLevel::k1Second};
  for (const TileLevel longer : {TileLevel::k1Minute, TileLevel::k1Hour,
                                 TileLevel::k1Day, TileLevel::k32Days}) {
    if (window_micros / TileMicros(levels.back()) <= kTilesMax) break;
    levels.push_back(longer);
  }
  return levels;
}

std::vector<TileRange> CoverWindow(const std::vector<TileLevel>& levels,
                                   int64_t from_micros, int64_t to_micros,
                                   CoverEnd end) {
  if (end == CoverEnd::kMayPass) {
    return Cover(levels, from_micros, to_micros,
                 std::numeric_limits<int64_t>::max());
  }
  CHECK(to_micros % TileMicros(levels.front()) == 0);
  return Cover(levels, from_micros, to_micros, to_micros);
}

}  // namespace freshet
