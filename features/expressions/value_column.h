// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "config/type.h"
#include "features/datum.h"

namespace freshet {

// What a row of a column holds. What is not kValue has no value: whatever lies
// at its place is not read. A failure is that of one row and goes wherever the
// value would have gone; the numbers stand in the order in which one of two
// wins (a failure over a null).
enum class RowState : uint8_t {
  kValue = 0,
  kNull = 1,
  kOverflow = 2,  // A result does not fit its type.
  kBadInput = 3,  // A value that a CAST or a function cannot take.
};

constexpr bool IsFailure(RowState state) { return state > RowState::kNull; }

// Rows of one type that is no list: one array of states and one of values.
//
// Which array of values: integers for bool (0 or 1), int32, int64, timestamp
// (microseconds) and decimal (unscaled); reals for float (each a float's value)
// and double; strings for string and bytes. Strings are views: what they point
// to belongs to whoever filled the column. May have more rows than are in use,
// and keeps its memory. Not safe to change from two threads.
struct ValueColumn {
  Type type;
  std::vector<RowState> states;
  std::vector<int64_t> integers;
  std::vector<double> reals;
  std::vector<std::string_view> strings;

  // Makes room: rows at hand stay, new ones are null.
  void Resize(size_t rows);
};

// The one of the three arrays that a kind's values are in.
enum class Storage : uint8_t { kIntegers, kReals, kStrings };
Storage StorageOf(Kind kind);

// Of a row that has a value.
Datum DatumAt(const ValueColumn& column, size_t row);

}  // namespace freshet
