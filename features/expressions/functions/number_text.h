// SPDX-License-Identifier: Apache-2.0
// Numbers as text, as CAST reads and writes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "config/type.h"

namespace freshet {

// `text` without what C calls spaces at its ends.
std::string_view WithoutSpaces(std::string_view text);

// `12.345` or `1.2e-3` as an int64 of units of 10^-scale, the rest rounded half
// away from zero; nullopt if it is no such number or beyond int64.
std::optional<int64_t> ParseUnscaled(std::string_view text, int scale);

// Nearest number; nullopt if it is none or beyond the range of Real.
template <typename Real>
std::optional<double> ParseReal(std::string_view text);

// Room for what the functions below write.
inline constexpr size_t kNumberBytesMax = 48;

// The shortest text that reads back as the same number, with a point or an
// exponent in it. Returns the end of what was written.
template <typename Real>
char* WriteReal(Real value, char* out);
char* WriteInteger(int64_t value, char* out);
// Without a 0 before the point where the precision leaves no room for one.
char* WriteDecimal(int64_t unscaled, const Type& type, char* out);

}  // namespace freshet
