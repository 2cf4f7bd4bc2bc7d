// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/streams/aggregate_function.h"
#include "config/type.h"
#include "features/windows/tile_level.h"
#include "features/windows/tile_shape.h"

namespace freshet {

// How far back a window reaches, or several, each before the next.
struct Window {
  int64_t length_micros = 0;  // 0: from `since` on, for ever.
  // For a window without a length; a whole day since 1970, UTC.
  int64_t since_micros = 0;
  // Of one with a length: that it begins just so long ago.
  bool exact = false;
  uint32_t count = 1;  // More: of so many windows, which have a length.

  // How far back the first begins, without its hop.
  int64_t reach_micros() const { return count * length_micros; }

  bool operator==(const Window&) const = default;
};

// How far back windows reach together: the longest that begins with a hop, the
// longest that is exact, and those without a length. A series of windows
// reaches as one window does that is as long as all of them.
struct WindowReach {
  int64_t length_micros = 0;
  int64_t exact_micros = 0;
  std::optional<int64_t> since_micros = {};

  // Where the first of them begins.
  int64_t StartAt(int64_t now_micros) const;
  // Of windows that both have.
  WindowReach Least(const WindowReach& other) const;

  bool operator==(const WindowReach&) const = default;
};

// What is computed over a view's windows, and from which tiles. Immutable; safe
// to use from any thread.
class WindowPlan {
 public:
  struct Output {
    size_t window = 0;
    size_t partial = 0;  // Of the shape; of SpecOf(call), or one that Answers.
    FunctionCall call;
    Type column;  // That the function is of.
    // Of a partial of groups: what the groups are of, in the place of what the
    // function is of each.
    bool keys = false;
  };

  // Requires: windows of a minute at least, or of a second that are exact, and
  // outputs of what there is.
  WindowPlan(TileShape shape, std::vector<Window> windows,
             std::vector<Output> outputs);

  const TileShape& shape() const { return shape_; }
  const std::vector<Output>& outputs() const { return outputs_; }
  // Of the tiles that each event is added to. Ascending.
  const std::vector<TileLevel>& levels() const { return levels_; }
  // Of those that make up this window; the first is its hop. Of an exact one
  // that is a moment.
  const std::vector<TileLevel>& levels_of(size_t window) const {
    return window_levels_[window];
  }

  const std::vector<Window>& windows() const { return windows_; }
  // By how much its old end moves at a time; 0: it is exact, or has no length.
  int64_t HopMicros(size_t window) const;

  // Where the window of a request at `now` begins, the first of a series:
  // docs/semantics.md, rule 26.
  int64_t WindowStart(size_t window, int64_t now_micros) const;
  // Where that begins which `later` windows of the same length follow: the end
  // of the one before it. Requires: one of a series, or none follows.
  int64_t WindowStart(size_t window, uint32_t later, int64_t now_micros) const;

  // When the last of its windows without a length begins; 0: it has none.
  int64_t since_max_micros() const;

  // Tiles of this level that end before are in no window from `now` on.
  int64_t KeptFrom(TileLevel level, int64_t now_micros) const;
  // Of the windows that are made of this level's tiles: where it starts,
  // KeptFrom is.
  WindowReach ReachOf(TileLevel level) const;

 private:
  bool Uses(size_t window, TileLevel level) const;

  TileShape shape_;
  std::vector<Window> windows_;
  std::vector<Output> outputs_;
  std::vector<TileLevel> levels_;
  std::vector<std::vector<TileLevel>> window_levels_;
};

// One row of the store: the tiles [number x TilesPerBlock, + TilesPerBlock).
struct BlockId {
  TileLevel level = TileLevel::k1Second;
  int64_t number = 0;

  auto operator<=>(const BlockId&) const = default;
};

BlockId BlockOf(TileLevel level, int64_t tile);
// Of a tile in its block.
uint32_t IndexInBlock(TileLevel level, int64_t tile);

// When the last of its tiles ends.
int64_t BlockEnd(const BlockId& block);

// The key of an entity's block: docs/format.md, "Live store".
void AppendBlockKey(std::string_view entity_key, const BlockId& block,
                    std::string* out);
// Which block a key is of; nullopt if it is of none.
std::optional<BlockId> ParseBlockKey(std::string_view key);
inline constexpr size_t kBlockKeyBytes = 5;  // Beyond the entity's key.

}  // namespace freshet
