// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include "absl/status/statusor.h"
#include "features/expressions/syntax/lexer.h"
#include "features/expressions/syntax/tree_builder.h"

namespace freshet {

// The node of a kInteger, an int32 if it fits, or of a kReal, a double. `sign`
// is "" or "-". INVALID_ARGUMENT of ErrorAt if it does not fit.
absl::StatusOr<size_t> AddNumber(const Token& token, std::string_view sign,
                                 TreeBuilder& tree);

}  // namespace freshet
