// SPDX-License-Identifier: Apache-2.0
#include "features/aggregations/partial.h"

#include <fmt/format.h>

#include "base/check.h"
#include "base/error.h"
#include "config/streams/aggregate_function.h"
#include "features/number_kinds.h"

namespace freshet {
namespace {

bool IsKind(Kind kind) { return kind >= Kind::kBool && kind <= Kind::kDecimal; }

bool FitsValue(const PartialSpec& spec) {
  switch (spec.kind) {
    case PartialKind::kIntegerSum:
      return IsNumber(spec.value) && !IsReal(spec.value);
    case PartialKind::kDoubleSum:
      return IsReal(spec.value);
    case PartialKind::kMoments:
    case PartialKind::kQuantiles:
      return IsNumber(spec.value);
    default:
      return IsKind(spec.value);
  }
}

bool FitsSize(const PartialSpec& spec) {
  switch (spec.kind) {
    case PartialKind::kCount:
    case PartialKind::kIntegerSum:
    case PartialKind::kDoubleSum:
    case PartialKind::kMoments:
    case PartialKind::kMin:
    case PartialKind::kMax:
      return spec.size == 0;
    case PartialKind::kFirst:
    case PartialKind::kLast:
      return kOrderedSizes.Has(spec.size);
    case PartialKind::kDistinct:
      return kDistinctSizes.Has(spec.size);
    case PartialKind::kHll:
      return kHllSizes.Has(spec.size);
    case PartialKind::kQuantiles:
      return kQuantilesSizes.Has(spec.size);
    case PartialKind::kTop:
      return kTopSizes.Has(spec.size);
    case PartialKind::kGroups:
      return false;  // Of what each is kept is said by the kind.
  }
  return false;
}

bool FitsGroups(const PartialSpec& spec) {
  if (spec.groups == 0) return true;
  return kGroupCounts.Has(spec.groups) && IsKind(spec.by) && !IsReal(spec.by);
}

}  // namespace

absl::Status CheckPartialSpec(const PartialSpec& spec) {
  if (!FitsGroups(spec)) {
    return InvalidArgument("there are no {} groups by values of kind {}",
                           spec.groups, static_cast<int>(spec.by));
  }
  if (FitsSize(spec) && FitsValue(spec)) return absl::OkStatus();
  return InvalidArgument(
      "there is no partial aggregate of kind {} for values of kind {} and of "
      "size {}",
      static_cast<int>(spec.kind), static_cast<int>(spec.value), spec.size);
}

Partial MakePartial(const PartialSpec& spec) {
  if (spec.groups > 0) return GroupsPartial(spec);
  switch (spec.kind) {
    case PartialKind::kCount:
      return CountPartial(spec);
    case PartialKind::kIntegerSum:
      return IntegerSumPartial(spec);
    case PartialKind::kDoubleSum:
      return DoubleSumPartial(spec);
    case PartialKind::kMoments:
      return MomentsPartial(spec);
    case PartialKind::kMin:
    case PartialKind::kMax:
      return ExtremePartial(spec);
    case PartialKind::kFirst:
    case PartialKind::kLast:
      return OrderedPartial(spec);
    case PartialKind::kDistinct:
      return DistinctPartial(spec);
    case PartialKind::kHll:
      return HllPartial(spec);
    case PartialKind::kQuantiles:
      return QuantilesPartial(spec);
    case PartialKind::kTop:
      return TopPartial(spec);
    case PartialKind::kGroups:
      break;
  }
  CHECK(false);
}

}  // namespace freshet
