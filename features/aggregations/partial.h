// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <type_traits>
#include <variant>

#include "absl/status/status.h"
#include "base/check.h"
#include "features/aggregations/distinct_partial.h"
#include "features/aggregations/groups_partial.h"
#include "features/aggregations/hll_partial.h"
#include "features/aggregations/number_partials.h"
#include "features/aggregations/partial_spec.h"
#include "features/aggregations/quantiles_partial.h"
#include "features/aggregations/value_partials.h"

namespace freshet {

// A partial aggregate of any kind; number_partials.h says what each can do.
using Partial = std::variant<CountPartial, IntegerSumPartial, DoubleSumPartial,
                             MomentsPartial, ExtremePartial, OrderedPartial,
                             DistinctPartial, HllPartial, QuantilesPartial,
                             TopPartial, GroupsPartial>;

struct GroupsPartial::Group {
  std::string value;  // As rows hold it.
  Partial partial;
};

// One more event. Requires: its value is not null, and it is of no groups.
inline void AddTo(Partial& partial, const Datum& value,
                  const EventOrder& order) {
  std::visit(
      [&]<typename P>(P& p) {
        if constexpr (std::is_same_v<P, GroupsPartial>) {
          CHECK(false && "an event of no group");
        } else {
          p.Add(value, order);
        }
      },
      partial);
}

// Requires: CheckPartialSpec.
Partial MakePartial(const PartialSpec& spec);

// For specs that were read from somewhere: whether there is such a partial.
absl::Status CheckPartialSpec(const PartialSpec& spec);

}  // namespace freshet
