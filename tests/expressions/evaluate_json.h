// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace freshet {

// `request` is a line of JSON: {"expression": "a + 1", "rows": 2, "inputs":
// [{"name": "a", "type": "int32", "values": [1, null]}]}. The answer is one,
// too: {"type": "int32", "states": [0, 1], "values": [2, null]}, or
// {"error": "...", "offset": 4}. float and double are the bits of a double, in
// hexadecimal. Evaluates all rows together, and each alone, and CHECKs that it
// is the same.
std::string EvaluateJson(std::string_view request);

}  // namespace freshet
