// SPDX-License-Identifier: Apache-2.0
#include "features/windows/history_span.h"

#include <algorithm>

namespace freshet {

int64_t CutoverStepMicros(const WindowPlan& plan) {
  int64_t step = TileMicros(TileLevel::k1Second);
  for (const TileLevel level : plan.levels()) {
    if (level <= TileLevel::k1Day) step = std::max(step, TileMicros(level));
  }
  return step;
}

HistorySpan SpanOfTiles(const WindowPlan& plan, const HistorySpan& files) {
  const int64_t step = CutoverStepMicros(plan);
  HistorySpan span;
  span.end_micros = FloorDivide(files.end_micros, step) * step;
  // Rounded up.
  span.from_micros = -FloorDivide(-files.from_micros, step) * step;
  span.from_micros = std::min(span.from_micros, span.end_micros);
  return span;
}

bool IsWhole(int64_t start_micros, int64_t live_from_micros,
             const HistorySpan* history) {
  if (start_micros >= live_from_micros) return true;
  return history != nullptr && start_micros >= history->from_micros &&
         live_from_micros <= history->end_micros;
}

}  // namespace freshet
