// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "config/streams/stream_view.h"
#include "features/streams/event_batch.h"
#include "features/streams/row_view_plan.h"
#include "features/streams/windowed_view_plan.h"
#include "storage/live/live_generation.h"

namespace freshet {

class Coverage;

// A generation of a view that takes events.
struct LiveView {
  StreamSource source;
  // What is made of its events, one of the two: windows, or rows.
  std::shared_ptr<const WindowedViewPlan> plan = nullptr;
  std::shared_ptr<const RowViewPlan> rows = nullptr;
  LiveGeneration::Ptr generation = nullptr;
  // The first record of the change log that is its: those before were there
  // when it was made. Of events that waited then for their time it takes those
  // that an older view of the source waited for; it is whole from when none can
  // be left on. Rows wait for nothing.
  uint64_t first_record = 1;
  // Of windows, of who asks it; null: nobody does.
  std::shared_ptr<const Coverage> coverage = nullptr;
};

// How many events became what, by EventOutcome.
using OutcomeCounts = std::array<int64_t, kEventOutcomes>;

}  // namespace freshet
