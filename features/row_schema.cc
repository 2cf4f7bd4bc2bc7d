// SPDX-License-Identifier: Apache-2.0
#include "features/row_schema.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/status.h"

namespace freshet {
namespace {

// Of a value in the fixed part; a variable column has its end there.
uint64_t SlotWidth(const Type& type) {
  if (type.IsVariable()) return sizeof(uint32_t);
  const uint64_t width = ElementWidth(type.kind);
  return type.fixed_length > 0 ? width * type.fixed_length : width;
}

uint32_t FirstSlot(size_t columns) {
  return static_cast<uint32_t>(kRowHeaderBytes + (columns + 7) / 8);
}

absl::Status CheckParts(const std::vector<KeyPart>& key,
                        const std::vector<Column>& columns) {
  for (const auto& [name, type] : key) {
    const bool scalar = !type.list && type.fixed_length == 0;
    const bool keyed = type.kind == Kind::kString ||
                       type.kind == Kind::kInt64 || type.kind == Kind::kBytes;
    if (!scalar || !keyed) {
      return InvalidArgument("join key '{}' is {}, want string, int64 or bytes",
                             name, type.ToString());
    }
  }
  std::unordered_set<uint32_t> ids;
  uint64_t width = FirstSlot(columns.size());
  for (const Column& column : columns) {
    if (!ids.insert(column.id).second) {
      return InvalidArgument("two features have the id {}", column.id);
    }
    width += SlotWidth(column.type);
  }
  if (width > kRowFixedBytesMax) {
    return InvalidArgument("a row has {} bytes of fixed width, at most {} fit",
                           width, kRowFixedBytesMax);
  }
  return absl::OkStatus();
}

}  // namespace

RowSchema::RowSchema(uint32_t id, std::vector<KeyPart> key,
                     std::vector<Column> columns)
    : id_(id), key_(std::move(key)), columns_(std::move(columns)) {
  CHECK(CheckParts(key_, columns_).ok());

  slots_.resize(columns_.size());
  widths_.resize(columns_.size());
  uint32_t offset = FirstSlot(columns_.size());
  const auto place = [&](bool variable) {
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].type.IsVariable() != variable) continue;
      slots_[i] = offset;
      widths_[i] = static_cast<uint32_t>(SlotWidth(columns_[i].type));
      offset += widths_[i];
    }
  };
  place(/*variable=*/false);
  ends_offset_ = offset;
  place(/*variable=*/true);
  variable_offset_ = offset;
}

absl::StatusOr<RowSchema> RowSchema::Create(uint32_t id,
                                            std::vector<KeyPart> key,
                                            std::vector<Column> columns) {
  RETURN_IF_ERROR(CheckParts(key, columns));
  return RowSchema(id, std::move(key), std::move(columns));
}

std::optional<size_t> RowSchema::FindColumn(uint32_t feature_id) const {
  const auto it = std::find_if(
      columns_.begin(), columns_.end(),
      [feature_id](const Column& column) { return column.id == feature_id; });
  if (it == columns_.end()) return std::nullopt;
  return static_cast<size_t>(it - columns_.begin());
}

}  // namespace freshet
