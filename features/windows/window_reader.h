// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "features/aggregations/function.h"
#include "features/windows/history_span.h"
#include "features/windows/tile.h"
#include "features/windows/window_cover.h"
#include "features/windows/window_plan.h"

namespace freshet {

// Answers some outputs of a plan at one moment, for one entity after the other:
//
//   reader.Prepare(outputs, now);
//   ... look up reader.blocks() of an entity ...
//   reader.Read(values);
//   reader.AnswerOf(0, &out);   // outputs[0]
//
// Allocates nothing once warm, but for values that are longer than before. Not
// thread-safe.
class WindowReader {
 public:
  // `plan` must outlive the reader.
  explicit WindowReader(const WindowPlan& plan);

  // `outputs`: numbers of the plan's. `now_micros`: when it is asked; no event
  // of that time or later is in the store. `history`: what lies in its span is
  // read from its blocks, and the rest from live ones; null: there is none.
  // Requires: its span is SpanOfTiles of the plan. One that ends later than now
  // is none.
  void Prepare(std::span<const size_t> outputs, int64_t now_micros,
               const HistorySpan* history = nullptr);

  // Which live blocks the outputs are in, and which of the history. Ascending,
  // each once.
  const std::vector<BlockId>& blocks() const { return live_.blocks; }
  const std::vector<BlockId>& history_blocks() const { return history_.blocks; }

  // Takes in the values of blocks(), in that order, and those of
  // history_blocks(); an empty one is not there. DATA_LOSS if one is no block
  // of the plan's shape.
  absl::Status Read(std::span<const std::string_view> values,
                    std::span<const std::string_view> history = {});

  // As Answer in features/aggregations/function.h, of the entity read last.
  AnswerState AnswerOf(size_t output, std::string* out) const;

 private:
  // Of one block, which tiles are in a window: indexes [begin, end).
  struct Use {
    size_t block = 0;   // Of Blocks::blocks.
    size_t window = 0;  // Of windows_.
    uint32_t begin = 0;
    uint32_t end = 0;
  };
  // Of one store, what is read.
  struct Blocks {
    std::vector<BlockId> blocks;
    std::vector<Use> uses;  // By block.
    std::vector<std::pair<BlockId, Use>> added;

    void Add(size_t window, const std::vector<TileRange>& cover);
    void Finish();
  };
  // What is computed for one window of the plan, or one of a series.
  struct Prepared {
    size_t window = 0;
    uint32_t later = 0;  // How many of the series come after it.
    std::string wanted;  // A byte for each partial.
    Tile merged;
  };

  size_t WindowFor(size_t window);
  void AddUses(size_t at, int64_t now_micros, const HistorySpan* history);
  absl::Status ReadBlocks(const Blocks& blocks,
                          std::span<const std::string_view> values);
  AnswerState AnswerSeries(const WindowPlan::Output& asked, size_t at,
                           std::string* out) const;

  const WindowPlan& plan_;
  std::string shape_;
  std::vector<size_t> outputs_;
  std::vector<size_t> window_of_output_;  // Of windows_; the first of a series.
  std::vector<Prepared> windows_;         // The first `windows_size_` are used.
  size_t windows_size_ = 0;
  Blocks live_;
  Blocks history_;
  mutable std::string element_;
};

}  // namespace freshet
