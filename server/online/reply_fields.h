// SPDX-License-Identifier: Apache-2.0
// Field numbers of freshet/v1/online.proto, for what is written by hand. A
// test compares them with the generated ones.
#pragma once

#include <cstddef>
#include <cstdint>

#include "config/type.h"
#include "server/online/wire.h"

namespace freshet {

enum ReplyField : uint32_t {
  kReplyColumns = 1,
  kReplyRequestId = 2,
  kReplyRows = 3,
  kReplyVersions = 4,
  kReplyRequestTime = 5,
  kReplyDefinitionsHash = 6,
};

enum ServedVersionField : uint32_t { kServedView = 1, kServedVersion = 2 };

enum ColumnField : uint32_t {
  kColumnStatuses = 1,
  kColumnShared = 2,
  kColumnBools = 3,
  kColumnInt32s = 4,
  kColumnInt64s = 5,
  kColumnFloats = 6,
  kColumnDoubles = 7,
  kColumnBlob = 8,
  kColumnEnds = 9,
  kColumnListEnds = 10,
  kColumnNullElements = 11,
  kColumnEventTimes = 12,
  kColumnName = 13,
  kColumnType = 14,
};

enum TypeField : uint32_t {
  kTypeKind = 1,
  kTypeList = 2,
  kTypeFixedLength = 3,
  kTypePrecision = 4,
  kTypeScale = 5,
};

// The field that fixed-width values of a kind stand in.
constexpr uint32_t ValuesField(Kind kind) {
  switch (kind) {
    case Kind::kBool:
      return kColumnBools;
    case Kind::kInt32:
      return kColumnInt32s;
    case Kind::kFloat:
      return kColumnFloats;
    case Kind::kDouble:
      return kColumnDoubles;
    default:
      return kColumnInt64s;
  }
}

// Bytes of one value that is not variable, a fixed-length list included.
inline size_t SlotWidth(const Type& type) {
  const size_t width = ElementWidth(type.kind);
  return type.fixed_length > 0 ? width * type.fixed_length : width;
}

inline size_t TypeSize(const Type& type) {
  return VarintFieldSize(static_cast<uint64_t>(type.kind)) +
         VarintFieldSize(type.list ? 1 : 0) +
         VarintFieldSize(type.fixed_length) + VarintFieldSize(type.precision) +
         VarintFieldSize(type.scale);
}

}  // namespace freshet
