// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace arrow {
class Array;
class DataType;
class DictionaryArray;
}  // namespace arrow

namespace freshet {

// One column of the batch at hand, with a dictionary looked through. Points
// into the batch, which must outlive it.
class ColumnCursor {
 public:
  static constexpr int64_t kNull = -1;
  static constexpr int64_t kDamaged = -2;  // An index outside its dictionary.

  ColumnCursor() = default;
  explicit ColumnCursor(const arrow::Array& array);

  // Where the value of a row stands in values(), kNull or kDamaged.
  int64_t Find(int64_t row) const;

  const arrow::Array& values() const { return *values_; }

 private:
  const arrow::Array* values_ = nullptr;
  const arrow::DictionaryArray* dictionary_ = nullptr;
};

// The rows of a list column: where each list's elements stand.
class ListCursor {
 public:
  ListCursor() = default;
  // Requires: IsListType(type of `array`).
  explicit ListCursor(const arrow::Array& array);

  struct Span {
    int64_t begin = 0;
    int64_t end = 0;
  };

  bool IsNull(int64_t row) const;
  Span At(int64_t row) const;
  const ColumnCursor& elements() const { return elements_; }

 private:
  const arrow::Array* array_ = nullptr;
  ColumnCursor elements_;
};

// list, large_list and fixed_size_list.
bool IsListType(const arrow::DataType& type);

// The type of the values, with a dictionary looked through; of a list: of its
// elements.
const arrow::DataType& ValueTypeOf(const arrow::DataType& type);

}  // namespace freshet
