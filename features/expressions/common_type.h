// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "config/type.h"

namespace freshet {

// The type in which values of all are compared, added and chosen among, as
// DuckDB has it; nullopt if a person must say which, by a CAST.
//
// int32, int64, float, double: the latest of them. Decimals, and an int32 as
// decimal(10,0): what holds the digits of all, if 18 do, else double; so with
// an int64. A decimal with float or double is that. Requires: !types.empty().
std::optional<Type> CommonType(std::vector<Type> types);

// Whether values of `from` become those of `to` without a CAST: `to` is the
// common type.
bool ConvertsTo(const Type& from, const Type& to);

}  // namespace freshet
