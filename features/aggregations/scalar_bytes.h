// SPDX-License-Identifier: Apache-2.0
// A scalar as the bytes that rows hold: a slot, or a string.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "config/type.h"
#include "features/byte_reader.h"
#include "features/datum.h"

namespace freshet {

// Replaces `out`. Requires: the datum is of this kind and not null.
void SetScalarBytes(Kind kind, const Datum& value, std::string* out);

// The datum of such bytes; points into them. Requires: `bytes` has
// ElementWidth(kind) bytes, where that is not 0.
Datum ScalarDatum(Kind kind, std::string_view bytes);

// Such bytes among others, which say how long they are where their kind does
// not.
void AppendScalar(Kind kind, std::string_view bytes, std::string* out);
std::string_view ReadScalar(Kind kind, ByteReader& in);

// The number that a sum or a mean takes: a decimal's without its scale.
double ScalarNumber(Kind kind, const Datum& value);

// A total order. NaN is greater than every number, as in DuckDB and PostgreSQL,
// and -0.0 less than 0.0, so that a minimum does not depend on what came first.
std::strong_ordering CompareScalars(Kind kind, const Datum& a, const Datum& b);

// Equal for equal values; every NaN is one value, and so are 0.0 and -0.0.
uint64_t ScalarHash(Kind kind, const Datum& value);

}  // namespace freshet
