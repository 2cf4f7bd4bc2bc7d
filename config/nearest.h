// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace freshet {

// For an error about a name that is none of `names`: `nearest: 'a', 'b'`; where
// none is near `there is: 'x', 'y'`, at most five; `there is none`.
std::string NearestText(std::string_view wanted,
                        const std::vector<std::string>& names);

}  // namespace freshet
