// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/type.h"
#include "loader/rows/slot.h"
#include "loader/rows/time_zone.h"

namespace arrow {
class Array;
class DataType;
}  // namespace arrow

namespace freshet {

// Reads the values of one Arrow type as values of one of ours: the table of
// which types may be loaded into which (docs/snapshots.md, "Types"). Only what
// keeps every value exactly is in it; what depends on the value (a decimal's
// digits, UTF-8, the range of a time) is checked for each.
//
// Cheap to copy; safe to use from any thread.
class ValueReader {
 public:
  // For a scalar `to` (of a list: its elements). INVALID_ARGUMENT names both
  // types and the way out. What `time` points to must outlive the reader.
  static absl::StatusOr<ValueReader> Create(const arrow::DataType& from,
                                            const Type& to,
                                            const TimeRules& time);

  // Requires: `values` has the type `from`, and row `i` is not null.
  absl::Status Read(const arrow::Array& values, int64_t i, Slot* slot) const {
    return read_(values, i, *this, slot);
  }

  const Type& to() const { return to_; }
  const TimeRules& time() const { return time_; }
  int64_t units_per_second() const { return units_per_second_; }

 private:
  using ReadFn = absl::Status (*)(const arrow::Array&, int64_t,
                                  const ValueReader&, Slot*);

  template <typename Out>
  static ReadFn SelectSmallInteger(int arrow_id);
  ReadFn Select(const arrow::DataType& from);
  ReadFn SelectTimestamp(const arrow::DataType& from);

  ReadFn read_ = nullptr;
  Type to_;
  TimeRules time_;
  int64_t units_per_second_ = 0;  // Of a timestamp.
};

}  // namespace freshet
