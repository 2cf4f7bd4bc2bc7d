// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "config/type.h"

namespace freshet {

// What is kept of events. The numbers are on disk: never change or reuse one.
enum class PartialKind : uint8_t {
  kCount = 1,
  kIntegerSum = 2,
  kDoubleSum = 3,
  kMoments = 4,
  kMin = 5,
  kMax = 6,
  kFirst = 7,
  kLast = 8,
  kDistinct = 9,
  kHll = 10,
  kQuantiles = 11,
  kTop = 12,
  kGroups = 13,  // On disk: before what is kept of each group.
};

struct PartialSpec {
  PartialKind kind = PartialKind::kCount;
  Kind value = Kind::kInt64;  // Of the column; never a list.
  // kFirst, kLast: how many events. kDistinct, kTop: of how many values it
  // knows exactly. kHll: the binary logarithm of its registers. kQuantiles: how
  // far its answer may be off, in thousandths. The others: 0.
  uint32_t size = 0;
  // That all this is kept of each value of a second column by itself, which is
  // of kind `by`, of so many values at most; 0: of all events together.
  uint32_t groups = 0;
  Kind by = Kind::kInt64;

  PartialSpec OfOneGroup() const {
    return {.kind = kind, .value = value, .size = size};
  }

  bool operator==(const PartialSpec&) const = default;
};

}  // namespace freshet
