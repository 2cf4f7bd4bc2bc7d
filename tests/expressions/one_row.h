// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace freshet {

// What an expression is over one row of columns i = 7 (int32), l = 3000000000
// (int64), f = 1.5 (float), d = 2.5 (double), m = 12.34 (decimal(5,2)), s =
// 'Hé 12', b = TRUE, t = 2024-02-29 12:30:00 and n = NULL (int32): its type and
// its value, `int32 7`, or null, overflow, bad input; for what does not compile
// `error ` and the message.
std::string ShownResult(std::string_view text);

}  // namespace freshet
