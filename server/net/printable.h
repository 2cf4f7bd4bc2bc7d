// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace freshet {

// What is logged of a text that a caller chose, at most.
inline constexpr size_t kLoggedBytesMax = 1024;

// Text that others had a say in, fit for a terminal, a log and a header:
// control characters but tab and line end, and bytes that are not UTF-8, stand
// as `\x1b`. What would be longer than `bytes_max` is cut after a whole
// character, and says how long it was.
std::string Printable(std::string_view text, size_t bytes_max);

}  // namespace freshet
