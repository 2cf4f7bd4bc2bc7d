// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "config/type.h"

namespace freshet {

struct KeyPart {
  std::string name;
  Type type;  // string, int64 or bytes.

  bool operator==(const KeyPart&) const = default;
};

// A feature as rows of one schema hold it. `id` stays through renames.
struct Column {
  uint32_t id = 0;
  std::string name;
  Type type;

  bool operator==(const Column&) const = default;
};

// What a stored row of a view looks like: which features, in which slots
// (docs/format.md, "Row").
//
// A row is read by the schema that it was written with (docs/semantics.md,
// rule 14). Immutable after construction; safe to use from any thread.
class RowSchema {
 public:
  RowSchema() = default;
  // Requires: what Create checks.
  RowSchema(uint32_t id, std::vector<KeyPart> key, std::vector<Column> columns);

  // For schemas that were read from somewhere. INVALID_ARGUMENT if two columns
  // have one id, a key part is not a string, int64 or bytes, or the fixed part
  // of a row would be longer than kRowFixedBytesMax.
  static absl::StatusOr<RowSchema> Create(uint32_t id, std::vector<KeyPart> key,
                                          std::vector<Column> columns);

  uint32_t id() const { return id_; }
  const std::vector<KeyPart>& key() const { return key_; }
  const std::vector<Column>& columns() const { return columns_; }

  // Index into columns().
  std::optional<size_t> FindColumn(uint32_t feature_id) const;

  // Byte offset of a column's slot in an encoded row: its value, or for a
  // variable column the end of its bytes. The slots of variable columns stand
  // together, from ends_offset() up to variable_offset(), where the bytes
  // begin.
  uint32_t slot_offset(size_t column) const { return slots_[column]; }
  uint32_t slot_width(size_t column) const { return widths_[column]; }
  uint32_t ends_offset() const { return ends_offset_; }
  uint32_t variable_offset() const { return variable_offset_; }

  bool operator==(const RowSchema& other) const {
    return id_ == other.id_ && key_ == other.key_ && columns_ == other.columns_;
  }

 private:
  uint32_t id_ = 0;
  std::vector<KeyPart> key_;
  std::vector<Column> columns_;
  std::vector<uint32_t> slots_;
  std::vector<uint32_t> widths_;
  uint32_t ends_offset_ = 0;
  uint32_t variable_offset_ = 0;
};

// Format, schema id and event time: docs/format.md, "Row".
inline constexpr uint32_t kRowHeaderBytes = 1 + 4 + 8;

// Header, null bits and slots together.
inline constexpr uint32_t kRowFixedBytesMax = 16 << 20;

}  // namespace freshet
