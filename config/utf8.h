// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace freshet {

// Length of the longest prefix of `text` that is whole, valid UTF-8 (no
// overlong forms, no surrogates): text.size() if all of it is.
size_t ValidUtf8Prefix(std::string_view text);

}  // namespace freshet
