// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace freshet {

// Length of the longest prefix of `text` that is whole, valid UTF-8 (no
// overlong forms, no surrogates): text.size() if all of it is.
size_t ValidUtf8Prefix(std::string_view text);

// What a message quotes of a text: no more than a person needs to find it,
// `bytes_max` and dots, and no half of a UTF-8 sequence.
std::string Shortened(std::string_view text, size_t bytes_max = 64);

}  // namespace freshet
