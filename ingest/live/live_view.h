// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "config/streams/stream_view.h"
#include "features/streams/event_batch.h"
#include "features/streams/windowed_view_plan.h"
#include "storage/live/live_generation.h"

namespace freshet {

// A generation of a windowed view that takes events.
struct LiveView {
  StreamSource source;
  std::shared_ptr<const WindowedViewPlan> plan;  // Of that source.
  LiveGeneration::Ptr generation;
  // The first record of the change log that is its: those before were there
  // when it was made. Of events that waited then for their time it takes those
  // that an older view of the source waited for; it is whole from when none can
  // be left on.
  uint64_t first_record = 1;
};

// How many events became what, by EventOutcome.
using OutcomeCounts = std::array<int64_t, kEventOutcomes>;

}  // namespace freshet
