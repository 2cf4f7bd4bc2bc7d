// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <variant>

#include "absl/status/status.h"
#include "features/aggregations/distinct_partial.h"
#include "features/aggregations/hll_partial.h"
#include "features/aggregations/number_partials.h"
#include "features/aggregations/partial_spec.h"
#include "features/aggregations/quantiles_partial.h"
#include "features/aggregations/value_partials.h"

namespace freshet {

// A partial aggregate of any kind; number_partials.h says what each can do.
using Partial =
    std::variant<CountPartial, IntegerSumPartial, DoubleSumPartial,
                 MomentsPartial, ExtremePartial, OrderedPartial,
                 DistinctPartial, HllPartial, QuantilesPartial, TopPartial>;

// Requires: CheckPartialSpec.
Partial MakePartial(const PartialSpec& spec);

// For specs that were read from somewhere: whether there is such a partial.
absl::Status CheckPartialSpec(const PartialSpec& spec);

}  // namespace freshet
