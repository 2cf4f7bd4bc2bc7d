// SPDX-License-Identifier: Apache-2.0
#include "loader/rows/column_cursor.h"

#include <arrow/array.h>
#include <arrow/type.h>

#include "base/check.h"

namespace freshet {
namespace {

using ArrowType = arrow::Type;

// The elements of all lists, as the array that At's positions point into.
const arrow::Array& ElementsOf(const arrow::Array& array) {
  switch (array.type_id()) {
    case ArrowType::LIST:
      return *static_cast<const arrow::ListArray&>(array).values();
    case ArrowType::LARGE_LIST:
      return *static_cast<const arrow::LargeListArray&>(array).values();
    default:
      CHECK(array.type_id() == ArrowType::FIXED_SIZE_LIST);
      return *static_cast<const arrow::FixedSizeListArray&>(array).values();
  }
}

}  // namespace

ColumnCursor::ColumnCursor(const arrow::Array& array) : values_(&array) {
  if (array.type_id() == ArrowType::DICTIONARY) {
    dictionary_ = static_cast<const arrow::DictionaryArray*>(&array);
    values_ = dictionary_->dictionary().get();
  }
}

int64_t ColumnCursor::Find(int64_t row) const {
  if (dictionary_ == nullptr) return values_->IsNull(row) ? kNull : row;
  if (dictionary_->IsNull(row)) return kNull;
  const int64_t index = dictionary_->GetValueIndex(row);
  if (index < 0 || index >= values_->length()) return kDamaged;
  return values_->IsNull(index) ? kNull : index;
}

ListCursor::ListCursor(const arrow::Array& array)
    : array_(&array), elements_(ElementsOf(array)) {}

bool ListCursor::IsNull(int64_t row) const { return array_->IsNull(row); }

ListCursor::Span ListCursor::At(int64_t row) const {
  switch (array_->type_id()) {
    case ArrowType::LIST: {
      const auto& list = static_cast<const arrow::ListArray&>(*array_);
      return {list.value_offset(row), list.value_offset(row + 1)};
    }
    case ArrowType::LARGE_LIST: {
      const auto& list = static_cast<const arrow::LargeListArray&>(*array_);
      return {list.value_offset(row), list.value_offset(row + 1)};
    }
    default: {
      const auto& list = static_cast<const arrow::FixedSizeListArray&>(*array_);
      return {list.value_offset(row), list.value_offset(row + 1)};
    }
  }
}

bool IsListType(const arrow::DataType& type) {
  return type.id() == ArrowType::LIST || type.id() == ArrowType::LARGE_LIST ||
         type.id() == ArrowType::FIXED_SIZE_LIST;
}

const arrow::DataType& ValueTypeOf(const arrow::DataType& type) {
  const arrow::DataType* value = &type;
  if (IsListType(*value)) value = value->field(0)->type().get();
  if (value->id() == ArrowType::DICTIONARY) {
    value =
        static_cast<const arrow::DictionaryType*>(value)->value_type().get();
  }
  return *value;
}

}  // namespace freshet
