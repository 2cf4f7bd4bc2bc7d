// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace freshet {

// -1: not a hexadecimal digit.
int HexDigit(char c);

// The text that was percent-encoded (RFC 3986): `%2F` is `/`. A `%` that
// encodes nothing stays as it is.
std::string PercentDecode(std::string_view text);

}  // namespace freshet
