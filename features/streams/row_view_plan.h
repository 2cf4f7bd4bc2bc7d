// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "config/definitions.h"
#include "features/row_schema.h"
#include "features/streams/event_columns.h"

namespace freshet {

// The live rows of a view with all names found, all types known and all
// expressions compiled: what turns events into rows. Immutable; safe to use
// from any thread.
struct RowViewPlan {
  // INVALID_ARGUMENT names the view, what is wrong, and where in an expression.
  // `schema`: the view's, with the ids of its features. Requires: the view has
  // live rows, of that source.
  static absl::StatusOr<RowViewPlan> Make(const StreamSource& source,
                                          const BatchFeatureView& view,
                                          const RowSchema& schema);

  EventColumns event;
  struct Feature {
    uint32_t id = 0;
    size_t column = 0;  // Of event.
  };
  // Ascending by id. Where rows are partial, those that events may change.
  std::vector<Feature> features;
  bool partial = false;
  std::optional<size_t> deleted;  // Column of event, of type bool.
};

}  // namespace freshet
