// SPDX-License-Identifier: Apache-2.0
#include "features/row_codec.h"

#include <limits>

#include "base/check.h"
#include "base/error.h"
#include "base/status.h"
#include "features/little_endian.h"
#include "features/value_codec.h"

namespace freshet {
namespace {

constexpr size_t kSchemaIdOffset = 1;
constexpr size_t kEventTimeOffset = kSchemaIdOffset + sizeof(uint32_t);

// Every feature NULL. Bits beyond the last column stay zero.
std::string BlankRow(const RowSchema& schema) {
  std::string row(schema.variable_offset(), '\0');
  StoreLittle(kRowFormat, 0, &row);
  StoreLittle(schema.id(), kSchemaIdOffset, &row);
  for (size_t i = 0; i < schema.columns().size(); ++i) {
    char& byte = row[kRowHeaderBytes + i / 8];
    byte = static_cast<char>(byte | (1 << (i % 8)));
  }
  return row;
}

}  // namespace

RowWriter::RowWriter(const RowSchema& schema)
    : schema_(schema),
      blank_(BlankRow(schema)),
      row_(blank_),
      variable_(schema.columns().size()) {
  for (size_t i = 0; i < schema.columns().size(); ++i) {
    if (schema.columns()[i].type.IsVariable()) variable_columns_.push_back(i);
  }
}

void RowWriter::Begin(int64_t event_time_micros) {
  row_.assign(blank_);
  StoreLittle(event_time_micros, kEventTimeOffset, &row_);
  for (const size_t column : variable_columns_) variable_[column].clear();
}

void RowWriter::SetFixed(size_t column, std::string_view bytes) {
  CHECK(!schema_.columns()[column].type.IsVariable());
  CHECK(bytes.size() == schema_.slot_width(column));
  SetPresent(column);
  bytes.copy(row_.data() + schema_.slot_offset(column), bytes.size());
}

void RowWriter::SetBytes(size_t column, std::string_view bytes) {
  CHECK(!schema_.columns()[column].type.list);
  SetVariable(column, bytes);
}

void RowWriter::SetList(size_t column, std::string_view payload) {
  CHECK(schema_.columns()[column].type.list);
  SetVariable(column, payload);
}

absl::Status RowWriter::SetValue(size_t column, const Value& value) {
  if (value.IsNull()) return absl::OkStatus();
  const Type& type = schema_.columns()[column].type;
  ASSIGN_OR_RETURN(const std::string bytes, EncodeValue(type, value));
  if (type.IsVariable()) {
    SetVariable(column, bytes);
  } else {
    SetFixed(column, bytes);
  }
  return absl::OkStatus();
}

absl::Status RowWriter::Copy(const RowView& row, size_t from, size_t column) {
  if (row.IsNull(from)) return absl::OkStatus();
  if (!schema_.columns()[column].type.IsVariable()) {
    SetFixed(column, row.Fixed(from));
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const std::string_view bytes, row.Variable(from));
  SetVariable(column, bytes);
  return absl::OkStatus();
}

std::string_view RowWriter::Finish() {
  uint64_t end = 0;
  for (const size_t column : variable_columns_) {
    end += variable_[column].size();
    CHECK(end <= std::numeric_limits<uint32_t>::max());
    StoreLittle(static_cast<uint32_t>(end), schema_.slot_offset(column), &row_);
    row_.append(variable_[column]);
  }
  return row_;
}

void RowWriter::SetVariable(size_t column, std::string_view bytes) {
  CHECK(schema_.columns()[column].type.IsVariable());
  SetPresent(column);
  variable_[column].assign(bytes);
}

void RowWriter::SetPresent(size_t column) {
  char& byte = row_[kRowHeaderBytes + column / 8];
  byte = static_cast<char>(byte & ~(1 << (column % 8)));
}

absl::StatusOr<RowView> RowView::Parse(const RowSchema& schema,
                                       std::string_view bytes) {
  ASSIGN_OR_RETURN(const uint32_t id, RowSchemaId(bytes));
  if (id != schema.id()) {
    return DataLoss("a row has schema id {}, expected {}", id, schema.id());
  }
  if (bytes.size() < schema.variable_offset()) {
    return DataLoss("a row has {} bytes, schema {} needs {}", bytes.size(), id,
                    schema.variable_offset());
  }
  uint64_t end = schema.variable_offset();
  if (schema.ends_offset() < schema.variable_offset()) {
    end += LoadLittle<uint32_t>(bytes,
                                schema.variable_offset() - sizeof(uint32_t));
  }
  if (bytes.size() != end) {
    return DataLoss("a row has {} bytes, expected {}", bytes.size(), end);
  }
  return RowView(schema, bytes, LoadLittle<int64_t>(bytes, kEventTimeOffset));
}

absl::StatusOr<std::string_view> RowView::Variable(size_t column) const {
  const uint32_t slot = schema_->slot_offset(column);
  const uint32_t begin =
      slot == schema_->ends_offset()
          ? 0
          : LoadLittle<uint32_t>(bytes_, slot - sizeof(uint32_t));
  const auto end = LoadLittle<uint32_t>(bytes_, slot);
  const size_t size = bytes_.size() - schema_->variable_offset();
  if (begin > end || end > size) {
    return DataLoss("feature '{}' lies at {} to {} of {} bytes",
                    schema_->columns()[column].name, begin, end, size);
  }
  return bytes_.substr(schema_->variable_offset() + begin, end - begin);
}

absl::StatusOr<ListView> RowView::List(size_t column) const {
  ASSIGN_OR_RETURN(const std::string_view payload, Variable(column));
  return ParseList(schema_->columns()[column].type.kind, payload);
}

absl::StatusOr<Value> RowView::Get(size_t column) const {
  if (IsNull(column)) return Value();
  const Type& type = schema_->columns()[column].type;
  if (!type.IsVariable()) return DecodeValue(type, Fixed(column));
  ASSIGN_OR_RETURN(const std::string_view bytes, Variable(column));
  return DecodeValue(type, bytes);
}

absl::StatusOr<uint32_t> RowSchemaId(std::string_view bytes) {
  if (bytes.size() < kRowHeaderBytes) {
    return DataLoss("a row has only {} bytes", bytes.size());
  }
  if (const auto format = LoadLittle<uint8_t>(bytes, 0); format != kRowFormat) {
    return DataLoss("a row has format {}, expected {}", format, kRowFormat);
  }
  return LoadLittle<uint32_t>(bytes, kSchemaIdOffset);
}

std::string DeletedRow(const RowSchema& schema, int64_t event_time_micros) {
  std::string row(kRowHeaderBytes, '\0');
  StoreLittle(kDeletedRowFormat, 0, &row);
  StoreLittle(schema.id(), kSchemaIdOffset, &row);
  StoreLittle(event_time_micros, kEventTimeOffset, &row);
  return row;
}

bool IsDeletedRow(std::string_view bytes) {
  return bytes.size() == kRowHeaderBytes &&
         static_cast<uint8_t>(bytes[0]) == kDeletedRowFormat;
}

absl::StatusOr<int64_t> RowEventTime(std::string_view bytes) {
  if (bytes.size() < kRowHeaderBytes) {
    return DataLoss("a row has only {} bytes", bytes.size());
  }
  return LoadLittle<int64_t>(bytes, kEventTimeOffset);
}

}  // namespace freshet
