// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/type.h"
#include "features/expressions/functions/kernel.h"

namespace freshet {

// CAST, whose failures are those of its rows, and TRY_CAST, where they are
// null; what its argument failed with stays a failure in both.
struct CastKernels {
  Kernel cast = nullptr;  // nullptr: there is no such cast.
  Kernel try_cast = nullptr;
};

// Scales and precisions are taken from the columns. Requires: the types
// differ (decimals perhaps in these only).
CastKernels CastsOf(Kind from, Kind to);

}  // namespace freshet
