// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "features/row_codec.h"
#include "features/streams/windowed_view_plan.h"
#include "features/windows/window_reader.h"
#include "storage/live/live_generation.h"
#include "storage/row_batch.h"

namespace freshet {

class Coverage;

// Whether a feature's window of a request at `now` reaches back to what is not
// known whole, or its tiles are not made yet (docs/semantics.md, rule 27).
bool IsIncomplete(const WindowedViewPlan& plan, const Coverage& coverage,
                  size_t feature, int64_t now_micros);

// Some features of a windowed view, and the rows that they are answered as.
// Immutable; safe to use from any thread.
struct WindowFeatures {
  // `features`: indexes of the plan's. The schema's columns are they, in this
  // order, with their indexes as ids.
  WindowFeatures(std::shared_ptr<const WindowedViewPlan> view,
                 std::vector<size_t> features);

  std::shared_ptr<const WindowedViewPlan> plan;
  std::vector<size_t> outputs;
  RowSchema schema;
};

// Looks up the blocks of tiles that windows of some entities are made of, and
// computes one row from each entity's: in memory first, then, where need be, on
// disk, as rows of a version are. Reused from request to request, so that it
// allocates little once warm. Not thread-safe.
class WindowRows {
 public:
  // `keys` must stay until Compute has returned. `now_micros`: when it is
  // asked.
  void LookupCached(std::shared_ptr<const WindowFeatures> features,
                    const LiveGeneration& generation,
                    std::span<const std::string_view> keys, int64_t now_micros);

  // Blocks that are not in memory.
  size_t needs_disk() const { return blocks_.needs_disk(); }
  // Blocks. The same generation.
  void LookupDisk(const LiveGeneration& generation);

  // Makes the rows from what was looked up. One that lacks a block is
  // kNeedsDisk; an entity without events has one as well, of empty windows.
  void Compute();

  size_t size() const { return states_.size(); }
  RowBatch::State state(size_t i) const { return states_[i]; }
  // Its event time is the request's. Requires: state(i) is kFound.
  std::string_view row(size_t i) const;
  // Whether a value of the row is null because it does not fit its type.
  bool overflows(size_t i, size_t column) const;

  // Whether it has some groups of the value only: there are more than are kept.
  bool is_part(size_t i, size_t column) const;

  // Lets go of the blocks.
  void Release() { blocks_.Reset(0); }

 private:
  RowBatch::State ComputeRow(size_t i);

  std::shared_ptr<const WindowFeatures> features_;
  std::optional<WindowReader> reader_;  // These three are of features_.
  std::optional<RowWriter> writer_;
  std::string value_;
  int64_t now_micros_ = 0;
  size_t entities_ = 0;

  std::string key_bytes_;
  std::vector<std::string_view> block_keys_;  // Of each entity, in its order.
  RowBatch blocks_;
  std::vector<std::string_view> values_;  // Of one entity.
  std::vector<RowBatch::State> states_;
  std::string rows_;  // One behind the other.
  std::vector<size_t> ends_;
  std::vector<size_t> overflows_;  // Row x columns + column, ascending.
  std::vector<size_t> parts_;      // The same.
};

}  // namespace freshet
