// SPDX-License-Identifier: Apache-2.0
#include "features/row_schema.h"

#include <algorithm>
#include <limits>
#include <unordered_set>
#include <utility>

#include "base/check.h"

namespace freshet {
namespace {

// Of a value in the fixed part; a variable column has its end there.
uint64_t SlotWidth(const Type& type) {
  if (type.IsVariable()) return sizeof(uint32_t);
  const uint64_t width = ElementWidth(type.kind);
  return type.fixed_length > 0 ? width * type.fixed_length : width;
}

}  // namespace

RowSchema::RowSchema(uint32_t id, std::vector<KeyPart> key,
                     std::vector<Column> columns)
    : id_(id), key_(std::move(key)), columns_(std::move(columns)) {
  std::unordered_set<uint32_t> ids;
  for (const Column& column : columns_) CHECK(ids.insert(column.id).second);

  slots_.resize(columns_.size());
  widths_.resize(columns_.size());
  uint64_t offset = kRowHeaderBytes + (columns_.size() + 7) / 8;
  const auto place = [&](bool variable) {
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].type.IsVariable() != variable) continue;
      slots_[i] = static_cast<uint32_t>(offset);
      widths_[i] = static_cast<uint32_t>(SlotWidth(columns_[i].type));
      offset += widths_[i];
      CHECK(offset <= std::numeric_limits<uint32_t>::max());
    }
  };
  place(/*variable=*/false);
  ends_offset_ = static_cast<uint32_t>(offset);
  place(/*variable=*/true);
  variable_offset_ = static_cast<uint32_t>(offset);
}

std::optional<size_t> RowSchema::FindColumn(uint32_t feature_id) const {
  const auto it = std::find_if(
      columns_.begin(), columns_.end(),
      [feature_id](const Column& column) { return column.id == feature_id; });
  if (it == columns_.end()) return std::nullopt;
  return static_cast<size_t>(it - columns_.begin());
}

}  // namespace freshet
