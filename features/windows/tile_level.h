// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace freshet {

// How long tiles are. The numbers are on disk: never change or reuse one. Each
// length is a whole number of the one before, and tiles of a level begin at
// whole multiples of it since 1970.
enum class TileLevel : uint8_t {
  // A microsecond: events of one moment. Read only from where an exact window
  // begins to where the first of its longer tiles does.
  kMoment = 0,
  k1Second = 1,
  k10Seconds = 2,
  k1Minute = 3,
  k5Minutes = 4,
  k1Hour = 5,
  k1Day = 6,
  k32Days = 7,
};

// All, by their numbers.
inline constexpr std::array<TileLevel, 8> kTileLevels = {
    TileLevel::kMoment,  TileLevel::k1Second,  TileLevel::k10Seconds,
    TileLevel::k1Minute, TileLevel::k5Minutes, TileLevel::k1Hour,
    TileLevel::k1Day,    TileLevel::k32Days};

constexpr int64_t TileMicros(TileLevel level) {
  constexpr int64_t kMicrosASecond = 1'000'000;
  constexpr std::array<int64_t, kTileLevels.size()> kMicros = {
      1,
      kMicrosASecond,
      10 * kMicrosASecond,
      60 * kMicrosASecond,
      300 * kMicrosASecond,
      3'600 * kMicrosASecond,
      86'400 * kMicrosASecond,
      32 * 86'400 * kMicrosASecond};
  return kMicros[static_cast<size_t>(level)];
}

// How many tiles one row of the store holds. Of moments those of ten seconds:
// what a window reads of them is within one, and the numbers of blocks last
// until the year 2650.
constexpr int64_t TilesPerBlock(TileLevel level) {
  constexpr std::array<int64_t, kTileLevels.size()> kTiles = {
      10'000'000, 60, 60, 60, 48, 24, 32, 32};
  return kTiles[static_cast<size_t>(level)];
}

// Rounds down, also before 1970. Requires: divisor > 0.
constexpr int64_t FloorDivide(int64_t value, int64_t divisor) {
  return value / divisor - (value % divisor < 0 ? 1 : 0);
}

// The number of the tile that a time is in: [number * length, + length).
constexpr int64_t TileAt(TileLevel level, int64_t time_micros) {
  return FloorDivide(time_micros, TileMicros(level));
}

}  // namespace freshet
