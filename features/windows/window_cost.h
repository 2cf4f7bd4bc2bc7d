// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "features/windows/window_plan.h"

namespace freshet {

// What a plan's windows cost of one entity. Of windows without a length: a year
// after they began.
struct WindowCost {
  // Blocks that a request for all of its outputs reads, whenever it is.
  size_t reads_max = 0;
  // The same with a history, of its blocks and live ones.
  size_t reads_with_history_max = 0;
  // Of its blocks with their keys, before they are compressed, where there is
  // an event in every tile, but for moments; strings are taken to have 16
  // bytes.
  int64_t bytes_max = 0;
  // Of exact windows; 0: it has none. What each event has besides: a moment in
  // a block of its own, which is not made smaller by more events. Kept for so
  // long.
  int64_t event_bytes = 0;
  int64_t events_micros = 0;
};

WindowCost CostOf(const WindowPlan& plan);

}  // namespace freshet
