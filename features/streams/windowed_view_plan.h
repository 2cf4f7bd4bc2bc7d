// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "config/definitions.h"
#include "config/streams/stream_view.h"
#include "features/row_schema.h"
#include "features/streams/event_columns.h"
#include "features/windows/window_plan.h"

namespace freshet {

// A windowed view with all names found, all types known and all expressions
// compiled: what turns events into tiles, and tiles into features. Immutable;
// safe to use from any thread.
struct WindowedViewPlan {
  // INVALID_ARGUMENT names the view, what is wrong, and where in an expression.
  // `key`: the join keys of the view's entities, which are columns or fields of
  // the same name and type.
  static absl::StatusOr<WindowedViewPlan> Make(const StreamSource& source,
                                               const WindowedView& view,
                                               const std::vector<KeyPart>& key);

  // Of a view of checked definitions.
  static absl::StatusOr<WindowedViewPlan> Make(const Definitions& definitions,
                                               const WindowedView& view);

  EventColumns event;
  std::vector<std::optional<size_t>> partial_columns;  // None: counts rows.
  // What each is grouped by; none: it is of all events together.
  std::vector<std::optional<size_t>> partial_groups;
  WindowPlan windows;

  struct Feature {
    std::string name;
    Type type;
    // The column that it is grouped by, and how many groups it has at most;
    // empty: it is of all events together.
    std::string by = {};
    uint32_t max_groups = 0;
  };
  std::vector<Feature> features;  // By output of `windows`.
  // Those that its tiles do not have, ascending: of AnsweredFrom. What their
  // outputs say is nothing.
  std::vector<size_t> lacking = {};
  bool Lacks(size_t feature) const;

  // Equal for plans that make the same tiles of the same events: docs/semantics
  // .md, rule 15. XXH3 of what decides about them.
  uint64_t generation_hash = 0;
  // The longest finite window with its hop, and the grace: an event that is
  // older than this when it comes is late, unless it is of
  // `since` or after and there is a window without a length.
  int64_t late_micros = 0;
  std::optional<int64_t> since_micros;
};

// The features of `wanted`, answered from tiles that were made by `tiles`: of
// those that it has of the same name and type what it says; the others are
// lacking. It makes no tiles itself. Requires: both have the same key.
WindowedViewPlan AnsweredFrom(const WindowedViewPlan& tiles,
                              const WindowedViewPlan& wanted);

}  // namespace freshet
