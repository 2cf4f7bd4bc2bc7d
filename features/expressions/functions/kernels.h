// SPDX-License-Identifier: Apache-2.0
// The functions that there are, in parts by what they are about; functions.cc
// joins them.
#pragma once

#include <span>

#include "features/expressions/functions/functions.h"

namespace freshet {

std::span<const Function> ArithmeticFunctions();
std::span<const Function> MathFunctions();
std::span<const Function> ComparisonFunctions();
std::span<const Function> LogicFunctions();
std::span<const Function> TextFunctions();
std::span<const Function> TimeFunctions();

// The kernel of CASE: conditions and results in turns, the last result at the
// end. Requires: results are of the step's type.
Kernel CaseKernel(Kind kind);

}  // namespace freshet
