// SPDX-License-Identifier: Apache-2.0
#include "features/expressions/value_column.h"

#include "base/check.h"

namespace freshet {

void ValueColumn::Resize(size_t rows) {
  CHECK(!type.list && type.fixed_length == 0);
  states.resize(rows, RowState::kNull);
  switch (StorageOf(type.kind)) {
    case Storage::kIntegers:
      return integers.resize(rows);
    case Storage::kReals:
      return reals.resize(rows);
    case Storage::kStrings:
      return strings.resize(rows);
  }
}

Storage StorageOf(Kind kind) {
  switch (kind) {
    case Kind::kBool:
    case Kind::kInt32:
    case Kind::kInt64:
    case Kind::kTimestamp:
    case Kind::kDecimal:
      return Storage::kIntegers;
    case Kind::kFloat:
    case Kind::kDouble:
      return Storage::kReals;
    case Kind::kString:
    case Kind::kBytes:
      return Storage::kStrings;
  }
  CHECK(false && "no such kind");
  return Storage::kIntegers;
}

Datum DatumAt(const ValueColumn& column, size_t row) {
  switch (StorageOf(column.type.kind)) {
    case Storage::kIntegers:
      return Datum::Integer(column.integers[row]);
    case Storage::kReals:
      return Datum::Real(column.reals[row]);
    case Storage::kStrings:
      return Datum::Text(column.strings[row]);
  }
  CHECK(false && "no such storage");
  return {};
}

}  // namespace freshet
