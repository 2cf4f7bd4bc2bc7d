// SPDX-License-Identifier: Apache-2.0
#include "features/aggregations/scalar_bytes.h"

#include <bit>
#include <cmath>
#include <limits>

#include "base/hash.h"
#include "features/little_endian.h"
#include "features/number_kinds.h"

namespace freshet {
namespace {

// Ordered as the numbers are: the sign first, the rest of a negative one turned
// round. Source: IEEE 754, totalOrder.
int64_t OrderedBits(double value) {
  if (std::isnan(value)) return std::numeric_limits<int64_t>::max();
  const auto bits = std::bit_cast<int64_t>(value);
  return bits < 0 ? bits ^ std::numeric_limits<int64_t>::max() : bits;
}

template <typename T>
uint64_t HashOf(T value) {
  return Xxh3({reinterpret_cast<const char*>(&value), sizeof(T)});
}

}  // namespace

void SetScalarBytes(Kind kind, const Datum& value, std::string* out) {
  out->clear();
  switch (kind) {
    case Kind::kBool:
      out->push_back(static_cast<char>(value.integer));
      break;
    case Kind::kInt32:
      AppendLittle(static_cast<int32_t>(value.integer), out);
      break;
    case Kind::kInt64:
    case Kind::kTimestamp:
    case Kind::kDecimal:
      AppendLittle(value.integer, out);
      break;
    case Kind::kFloat:
      AppendLittle(static_cast<float>(value.real), out);
      break;
    case Kind::kDouble:
      AppendLittle(value.real, out);
      break;
    case Kind::kString:
    case Kind::kBytes:
      out->assign(value.text);
      break;
  }
}

Datum ScalarDatum(Kind kind, std::string_view bytes) {
  switch (kind) {
    case Kind::kBool:
      return Datum::Integer(bytes[0] != 0 ? 1 : 0);
    case Kind::kInt32:
      return Datum::Integer(LoadLittle<int32_t>(bytes, 0));
    case Kind::kInt64:
    case Kind::kTimestamp:
    case Kind::kDecimal:
      return Datum::Integer(LoadLittle<int64_t>(bytes, 0));
    case Kind::kFloat:
      return Datum::Real(LoadLittle<float>(bytes, 0));
    case Kind::kDouble:
      return Datum::Real(LoadLittle<double>(bytes, 0));
    case Kind::kString:
    case Kind::kBytes:
      return Datum::Text(bytes);
  }
  return {};
}

void AppendScalar(Kind kind, std::string_view bytes, std::string* out) {
  if (ElementWidth(kind) == 0) {
    AppendLengthAndBytes(bytes, out);
  } else {
    out->append(bytes);
  }
}

std::string_view ReadScalar(Kind kind, ByteReader& in) {
  const uint32_t width = ElementWidth(kind);
  return width == 0 ? in.LengthAndBytes() : in.Bytes(width);
}

double ScalarNumber(Kind kind, const Datum& value) {
  return IsReal(kind) ? value.real : static_cast<double>(value.integer);
}

std::strong_ordering CompareScalars(Kind kind, const Datum& a, const Datum& b) {
  if (IsReal(kind)) return OrderedBits(a.real) <=> OrderedBits(b.real);
  if (ElementWidth(kind) == 0) return a.text <=> b.text;
  return a.integer <=> b.integer;
}

uint64_t ScalarHash(Kind kind, const Datum& value) {
  if (ElementWidth(kind) == 0) return Xxh3(value.text);
  if (!IsReal(kind)) return HashOf(value.integer);
  if (std::isnan(value.real)) {
    return HashOf(std::numeric_limits<double>::quiet_NaN());
  }
  return HashOf(value.real == 0 ? 0.0 : value.real);
}

}  // namespace freshet
