// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "features/row_codec.h"
#include "features/streams/windowed_view_plan.h"
#include "features/windows/window_reader.h"
#include "storage/live/live_generation.h"
#include "storage/row_batch.h"

namespace freshet {

class Coverage;
class Version;

// What a history of a windowed view has whole; null: there is none, or a clock
// that was set back has not come to its end.
const HistorySpan* SpanOf(const Version* history, int64_t now_micros);

// What a windowed view is answered from.
struct WindowTiles {
  const LiveGeneration* live = nullptr;
  const Version* history = nullptr;  // Null: there is none.
};

// What is known whole of a windowed view.
struct KnownWhole {
  const Coverage& live;
  const HistorySpan* history = nullptr;  // As SpanOf gives it.
};

// Whether a feature's window of a request at `now` reaches back to what is not
// known whole, or its tiles are not made yet (docs/semantics.md, rule 27).
bool IsIncomplete(const WindowedViewPlan& plan, const KnownWhole& known,
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
  // `keys` must stay until Compute has returned, and the history too.
  // `now_micros`: when it is asked.
  void LookupCached(std::shared_ptr<const WindowFeatures> features,
                    const WindowTiles& tiles,
                    std::span<const std::string_view> keys, int64_t now_micros);

  // Blocks that are not in memory.
  size_t needs_disk() const {
    return live_.rows.needs_disk() + history_.rows.needs_disk();
  }
  // Blocks. The same tiles.
  void LookupDisk(const WindowTiles& tiles);

  // Makes the rows from what was looked up. One that lacks a block is
  // kNeedsDisk; an entity without events has one as well, of empty windows.
  void Compute();

  size_t size() const { return states_.size(); }
  RowBatch::State state(size_t i) const { return states_[i]; }
  // Its event time is the request's. Requires: state(i) is kFound.
  std::string_view row(size_t i) const;
  // What is to be said beside a value of the row: kOverflow where it is null
  // because it does not fit its type, kPart, kApproximate; else kValue, of a
  // null too.
  AnswerState answer(size_t i, size_t column) const;

  // Lets go of the blocks.
  void Release() {
    live_.rows.Reset(0);
    history_.rows.Reset(0);
  }

 private:
  // What is read of one store.
  struct Lookup {
    std::vector<std::string_view> keys;  // Of each entity, in its order.
    RowBatch rows;
    std::string key_bytes;
    std::vector<std::string_view> values;  // Of one entity.

    void MakeKeys(std::span<const std::string_view> entities,
                  const std::vector<BlockId>& blocks);
    // Of the `i`-th entity, that has `blocks` of them; the worst state.
    RowBatch::State TakeValues(size_t i, size_t blocks);
  };

  RowBatch::State ComputeRow(size_t i);
  // From rows of a version to the blocks that they hold.
  RowBatch::State UnwrapHistory();

  std::shared_ptr<const WindowFeatures> features_;
  std::optional<WindowReader> reader_;  // These three are of features_.
  std::optional<RowWriter> writer_;
  std::string value_;
  int64_t now_micros_ = 0;
  size_t entities_ = 0;

  Lookup live_;
  Lookup history_;
  const RowSchema* history_schema_ = nullptr;  // Of its rows.
  std::vector<RowBatch::State> states_;
  std::string rows_;  // One behind the other.
  std::vector<size_t> ends_;
  // Those that are not kValue, by row x columns + column, ascending.
  std::vector<std::pair<size_t, AnswerState>> answers_;
};

}  // namespace freshet
