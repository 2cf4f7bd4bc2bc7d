// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "features/expressions/expression.h"
#include "features/expressions/program.h"
#include "features/expressions/syntax/syntax.h"

namespace freshet {

// Finds columns and functions, decides types, and computes once what has only
// constants in it. INVALID_ARGUMENT of ErrorAt, also for a constant part that
// can only fail.
absl::StatusOr<Program> CompileTree(const SyntaxTree& tree,
                                    const std::vector<ExpressionInput>& inputs);

}  // namespace freshet
