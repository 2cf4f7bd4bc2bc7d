// SPDX-License-Identifier: Apache-2.0
#include "loader/rows/bound_column.h"

#include <arrow/array.h>
#include <arrow/type.h>

#include "base/check.h"
#include "base/error.h"
#include "base/status.h"
#include "config/value.h"
#include "loader/rows/moment.h"
#include "loader/rows/text_value.h"

namespace freshet {
namespace {

bool IsList(const Type& type) { return type.list || type.fixed_length > 0; }

// Definitions may name times that no snapshot may hold.
absl::Status CheckTimes(const Value& value) {
  const auto* list = std::get_if<Value::List>(&value.v);
  if (list == nullptr) return absl::OkStatus();
  for (const Value& element : *list) {
    const auto* micros = std::get_if<int64_t>(&element.v);
    if (micros != nullptr) RETURN_IF_ERROR(CheckMicros(*micros));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<BoundColumn> BoundColumn::Create(const WantedColumn& want,
                                                const arrow::Schema& schema,
                                                bool text,
                                                const TimeRules& time) {
  const int field = schema.GetFieldIndex(want.column);
  CHECK(field >= 0);
  const arrow::DataType& from = *schema.field(field)->type();
  BoundColumn bound(want, field);
  bound.text_ = text;
  bound.time_ = time;
  bound.from_list_ = IsListType(from);
  if (text) return bound;
  if (bound.from_list_ != IsList(want.type)) {
    return InvalidArgument("it is {}, which is not loaded as {}",
                           from.ToString(), want.type.ToString());
  }
  ASSIGN_OR_RETURN(const ValueReader reader,
                   ValueReader::Create(ValueTypeOf(from), want.type, time));
  bound.reader_ = reader;
  return bound;
}

void BoundColumn::Attach(const arrow::Array& array) {
  if (from_list_) {
    lists_ = ListCursor(array);
  } else {
    scalars_ = ColumnCursor(array);
  }
}

absl::Status BoundColumn::ReadAt(const ColumnCursor& cursor, int64_t at,
                                 Slot* slot) const {
  if (reader_.has_value()) return reader_->Read(cursor.values(), at, slot);
  const auto& texts = static_cast<const arrow::BinaryArray&>(cursor.values());
  return ReadText(texts.GetView(at), type_, time_, slot);
}

absl::StatusOr<bool> BoundColumn::ReadScalar(int64_t row, Slot* slot) const {
  const int64_t at = scalars_.Find(row);
  if (at == ColumnCursor::kNull) return false;
  if (at == ColumnCursor::kDamaged) {
    return DataLoss("an index points outside the column's dictionary");
  }
  RETURN_IF_ERROR(ReadAt(scalars_, at, slot));
  return true;
}

absl::Status BoundColumn::Write(int64_t row, size_t column, RowWriter* writer) {
  if (IsList(type_)) return WriteList(row, column, writer);
  ASSIGN_OR_RETURN(const bool present, ReadScalar(row, &slot_));
  if (!present) return absl::OkStatus();
  if (type_.IsVariable()) {
    writer->SetBytes(column, slot_.bytes);
  } else {
    writer->SetFixed(column, slot_.bytes);
  }
  return absl::OkStatus();
}

absl::Status BoundColumn::WriteList(int64_t row, size_t column,
                                    RowWriter* writer) {
  if (!from_list_) {
    // CSV: the whole list is one text.
    const int64_t at = scalars_.Find(row);
    if (at < 0) return absl::OkStatus();
    const auto& texts =
        static_cast<const arrow::BinaryArray&>(scalars_.values());
    ASSIGN_OR_RETURN(const Value value, ParseValue(type_, texts.GetView(at)));
    if (type_.kind == Kind::kTimestamp) RETURN_IF_ERROR(CheckTimes(value));
    return writer->SetValue(column, value);
  }
  if (lists_.IsNull(row)) return absl::OkStatus();
  const ListCursor::Span span = lists_.At(row);
  if (type_.fixed_length > 0) return WriteVector(span, column, writer);
  list_writer_.Begin();
  for (int64_t i = span.begin; i < span.end; ++i) {
    const int64_t at = lists_.elements().Find(i);
    if (at == ColumnCursor::kNull) {
      list_writer_.AddNull();
      continue;
    }
    if (at == ColumnCursor::kDamaged) {
      return DataLoss("an index points outside the column's dictionary");
    }
    RETURN_IF_ERROR(ReadAt(lists_.elements(), at, &slot_));
    list_writer_.Add(slot_.bytes);
  }
  writer->SetList(column, list_writer_.Finish());
  return absl::OkStatus();
}

absl::Status BoundColumn::WriteVector(ListCursor::Span span, size_t column,
                                      RowWriter* writer) {
  if (span.end - span.begin != static_cast<int64_t>(type_.fixed_length)) {
    return InvalidArgument("the list has {} elements, {} wants {}",
                           span.end - span.begin, type_.ToString(),
                           type_.fixed_length);
  }
  vector_.clear();
  for (int64_t i = span.begin; i < span.end; ++i) {
    const int64_t at = lists_.elements().Find(i);
    if (at < 0) {
      return InvalidArgument("element {} of the list is null, which {} forbids",
                             i - span.begin, type_.ToString());
    }
    RETURN_IF_ERROR(ReadAt(lists_.elements(), at, &slot_));
    vector_.append(slot_.bytes);
  }
  writer->SetFixed(column, vector_);
  return absl::OkStatus();
}

}  // namespace freshet
