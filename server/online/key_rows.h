// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "features/row_schema.h"
#include "storage/live/overlaid_rows.h"
#include "storage/live/window_rows.h"
#include "storage/row_batch.h"
#include "versions/plan.h"

namespace freshet {

// The rows of some keys of one view, wherever they come from: a version, the
// windows of a stream, or live rows over a version. Reused from request to
// request. Not thread-safe.
class KeyRows {
 public:
  // In memory. `view` and `keys` must stay until Compute has returned, the
  // version until Release. Requires: view.CanLookUp.
  void LookupCached(const PlannedView& view,
                    std::span<const std::string_view> keys, int64_t now_micros);
  // Reads that are not in memory.
  size_t needs_disk() const;
  // Blocks.
  void LookupDisk();
  // Makes the rows that are stored nowhere.
  void Compute();

  RowBatch::State state(size_t i) const;
  // Requires: it is kFound.
  std::string_view row(size_t i) const;
  // What is wrong with a value, or with a null that is none.
  enum class Flaw {
    kNone,
    kOverflow,    // The value does not fit its type.
    kNotThere,    // What the row comes from has no such feature.
    kSomeGroups,  // There are more than it has.
    kEstimate,    // Of more values than its function knows exactly.
  };
  Flaw flaw(size_t i, size_t column) const;
  // When the value became what it is; nullopt: with its row.
  std::optional<int64_t> event_time_micros(size_t i, size_t column) const;

  // Lets go of the rows, and so of the blocks that they are in.
  void Release();

 private:
  const PlannedView* view_ = nullptr;
  std::span<const std::string_view> keys_;
  PlannedView::Origin origin_ = PlannedView::Origin::kVersion;
  // One of them is used.
  RowBatch version_;
  WindowRows windows_;
  OverlaidRows overlaid_;
};

}  // namespace freshet
