// SPDX-License-Identifier: Apache-2.0
#include "features/windows/window_plan.h"

#include <algorithm>
#include <set>

#include "base/check.h"
#include "features/windows/window_cover.h"

namespace freshet {
namespace {

std::vector<TileLevel> LevelsOf(const Window& window) {
  // Those without a length begin with a day.
  if (window.length_micros == 0) return {TileLevel::k1Day, TileLevel::k32Days};
  if (window.exact) return ExactLevelsFor(window.length_micros);
  return LevelsFor({window.length_micros});
}

}  // namespace

int64_t WindowReach::StartAt(int64_t now_micros) const {
  int64_t start = now_micros - exact_micros;
  if (since_micros) start = std::min(start, *since_micros);
  if (length_micros == 0) return start;
  const int64_t hop = TileMicros(HopOf(length_micros));
  return std::min(start, FloorDivide(now_micros - length_micros, hop) * hop);
}

WindowReach WindowReach::Least(const WindowReach& other) const {
  WindowReach least{
      .length_micros = std::min(length_micros, other.length_micros),
      .exact_micros = std::min(exact_micros, other.exact_micros)};
  if (since_micros && other.since_micros) {
    least.since_micros = std::max(*since_micros, *other.since_micros);
  }
  return least;
}

WindowPlan::WindowPlan(TileShape shape, std::vector<Window> windows,
                       std::vector<Output> outputs)
    : shape_(std::move(shape)),
      windows_(std::move(windows)),
      outputs_(std::move(outputs)) {
  std::set<TileLevel> levels;
  for (const Window& window : windows_) {
    CHECK(window.since_micros % TileMicros(TileLevel::k1Day) == 0);
    CHECK(window.count == 1 || window.length_micros > 0);
    window_levels_.push_back(LevelsOf(window));
    levels.insert(window_levels_.back().begin(), window_levels_.back().end());
  }
  levels_.assign(levels.begin(), levels.end());
  for (const Output& output : outputs_) {
    CHECK(output.window < windows_.size());
    CHECK(output.partial < shape_.partials().size());
  }
}

int64_t WindowPlan::HopMicros(size_t window) const {
  const Window& which = windows_[window];
  if (which.length_micros == 0 || which.exact) return 0;
  return TileMicros(window_levels_[window].front());
}

int64_t WindowPlan::WindowStart(size_t window, int64_t now_micros) const {
  return WindowStart(window, windows_[window].count - 1, now_micros);
}

int64_t WindowPlan::WindowStart(size_t window, uint32_t later,
                                int64_t now_micros) const {
  const Window& which = windows_[window];
  if (which.length_micros == 0) return std::min(which.since_micros, now_micros);
  const int64_t hop = TileMicros(window_levels_[window].front());
  const int64_t ago = (int64_t{later} + 1) * which.length_micros;
  return FloorDivide(now_micros - ago, hop) * hop;
}

int64_t WindowPlan::since_max_micros() const {
  int64_t since_micros = 0;
  for (const Window& window : windows_) {
    since_micros = std::max(since_micros, window.since_micros);
  }
  return since_micros;
}

int64_t WindowPlan::KeptFrom(TileLevel level, int64_t now_micros) const {
  return std::min(now_micros, ReachOf(level).StartAt(now_micros));
}

WindowReach WindowPlan::ReachOf(TileLevel level) const {
  WindowReach reach;
  for (size_t i = 0; i < windows_.size(); ++i) {
    if (!Uses(i, level)) continue;
    const Window& window = windows_[i];
    int64_t& longest = window.exact ? reach.exact_micros : reach.length_micros;
    longest = std::max(longest, window.reach_micros());
    if (window.length_micros > 0) continue;
    reach.since_micros = std::min(
        reach.since_micros.value_or(window.since_micros), window.since_micros);
  }
  return reach;
}

bool WindowPlan::Uses(size_t window, TileLevel level) const {
  const std::vector<TileLevel>& levels = window_levels_[window];
  return std::find(levels.begin(), levels.end(), level) != levels.end();
}

BlockId BlockOf(TileLevel level, int64_t tile) {
  return {level, FloorDivide(tile, TilesPerBlock(level))};
}

uint32_t IndexInBlock(TileLevel level, int64_t tile) {
  return static_cast<uint32_t>(tile - BlockOf(level, tile).number *
                                          TilesPerBlock(level));
}

int64_t BlockEnd(const BlockId& block) {
  return (block.number + 1) * TilesPerBlock(block.level) *
         TileMicros(block.level);
}

void AppendBlockKey(std::string_view entity_key, const BlockId& block,
                    std::string* out) {
  out->append(entity_key);
  out->push_back(static_cast<char>(block.level));
  // Big-endian and with the sign turned, so that keys sort as times do.
  const auto number = static_cast<uint32_t>(
      static_cast<uint64_t>(block.number) ^ (uint64_t{1} << 31));
  for (const int shift : {24, 16, 8, 0}) {
    out->push_back(static_cast<char>(number >> shift));
  }
}

std::optional<BlockId> ParseBlockKey(std::string_view key) {
  if (key.size() < kBlockKeyBytes) return std::nullopt;
  const std::string_view bytes = key.substr(key.size() - kBlockKeyBytes);
  const auto level = static_cast<TileLevel>(bytes[0]);
  if (std::find(kTileLevels.begin(), kTileLevels.end(), level) ==
      kTileLevels.end()) {
    return std::nullopt;
  }
  uint32_t number = 0;
  for (const char byte : bytes.substr(1)) {
    number = number << 8 | static_cast<uint8_t>(byte);
  }
  return BlockId{level, static_cast<int32_t>(number ^ (uint32_t{1} << 31))};
}

}  // namespace freshet
