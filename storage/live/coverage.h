// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "features/windows/history_span.h"
#include "features/windows/tile_level.h"

namespace freshet {

// From when on a generation has every event that came, at each of its levels of
// tiles: a window that begins before, at one of those that it is made of, is
// INCOMPLETE (docs/semantics.md, rule 27). Of who writes the generation and all
// who ask it, so that a loss is known before anything is passed over. Read from
// any thread, written by one, but for the cut-over.
class Coverage {
 public:
  static constexpr int64_t kNothing = std::numeric_limits<int64_t>::max();

  Coverage() = default;  // Since ever.
  explicit Coverage(int64_t whole_from_micros) {
    LoseBefore(whole_from_micros);
  }

  // At these levels.
  int64_t WholeFrom(std::span<const TileLevel> levels) const {
    int64_t from = 0;
    for (const TileLevel level : levels) {
      from = std::max(from, whole_from_[static_cast<size_t>(level)].load());
    }
    return from;
  }
  // At all.
  int64_t whole_from_micros() const { return WholeFrom(kTileLevels); }

  // What was lost stays so.
  void LoseBefore(int64_t micros) {
    for (const TileLevel level : kTileLevels) LoseBefore(level, micros);
  }
  void LoseBefore(TileLevel level, int64_t micros) {
    std::atomic<int64_t>& from = whole_from_[static_cast<size_t>(level)];
    from = std::max(from.load(), micros);
  }

  // What a history answers for in the place of this generation's tiles; empty:
  // there is none. Set by who serves it; who asks meanwhile may see one end of
  // each.
  void SetHistory(const HistorySpan& span) {
    history_from_ = span.from_micros;
    history_end_ = span.end_micros;
  }
  bool IsOfHistory(int64_t micros) const {
    return micros >= history_from_ && micros < history_end_;
  }

 private:
  std::atomic<int64_t> history_from_{0};
  std::atomic<int64_t> history_end_{0};
  std::array<std::atomic<int64_t>, kTileLevels.size()> whole_from_{};
};

}  // namespace freshet
