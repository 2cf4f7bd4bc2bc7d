// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "features/windows/window_plan.h"

namespace freshet {

// The stretch of time that a history of tiles has whole, and nothing beyond
// which: from then on live tiles answer (docs/semantics.md, rule 29).
struct HistorySpan {
  int64_t from_micros = 0;
  int64_t end_micros = 0;  // The cut-over.

  bool operator==(const HistorySpan&) const = default;
};

// Where a history may begin and end so that each window of such tiles can pass
// from those of one side to those of the other: at multiples of the longest
// level that a hop can be, which is a day at most (docs/decisions/0012).
int64_t CutoverStepMicros(const WindowPlan& plan);

// The whole steps of what `files` says that files of events have. Without any
// the span is empty: it begins where it ends.
HistorySpan SpanOfTiles(const WindowPlan& plan, const HistorySpan& files);

// Whether a window that begins at `start` is whole: of live tiles alone, which
// are whole from `live_from` on, or together with a history. `history`: null,
// there is none.
bool IsWhole(int64_t start_micros, int64_t live_from_micros,
             const HistorySpan* history);

}  // namespace freshet
