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
#include "features/windows/tile.h"
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
  // of that time or later is in the store.
  void Prepare(std::span<const size_t> outputs, int64_t now_micros);

  // Which blocks the outputs are in. Ascending, each once.
  const std::vector<BlockId>& blocks() const { return blocks_; }

  // Takes in the values of blocks(), in that order; an empty one is not there.
  // DATA_LOSS if one is no block of the plan's shape.
  absl::Status Read(std::span<const std::string_view> values);

  // As Answer in features/aggregations/function.h, of the entity read last.
  AnswerState AnswerOf(size_t output, std::string* out) const;

 private:
  // Of one block, which tiles are in a window: indexes [begin, end).
  struct Use {
    size_t block = 0;
    size_t window = 0;  // Of windows_.
    uint32_t begin = 0;
    uint32_t end = 0;
  };
  // What is computed for one window of the plan, or one of a series.
  struct Prepared {
    size_t window = 0;
    uint32_t later = 0;  // How many of the series come after it.
    std::string wanted;  // A byte for each partial.
    Tile merged;
  };

  size_t WindowFor(size_t window);
  void AddUses(size_t at, int64_t now_micros);
  void SortUses();
  AnswerState AnswerSeries(const WindowPlan::Output& asked, size_t at,
                           std::string* out) const;

  const WindowPlan& plan_;
  std::string shape_;
  std::vector<size_t> outputs_;
  std::vector<size_t> window_of_output_;  // Of windows_; the first of a series.
  std::vector<Prepared> windows_;         // The first `windows_size_` are used.
  size_t windows_size_ = 0;
  std::vector<BlockId> blocks_;
  std::vector<std::pair<BlockId, Use>> unsorted_;
  std::vector<Use> uses_;  // By block.
  mutable std::string element_;
};

}  // namespace freshet
