// SPDX-License-Identifier: Apache-2.0
// Protobuf's wire form, written by hand where a reply has no message objects.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace freshet {

enum class WireType : uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2 };

constexpr size_t VarintSize(uint64_t value) {
  size_t size = 1;
  for (; value >= 0x80; value >>= 7) ++size;
  return size;
}

// Of a field with a number below 16 that holds `length` bytes.
constexpr size_t LengthFieldSize(size_t length) {
  return 1 + VarintSize(length) + length;
}

// The same, where an empty field is left out, as proto3 does.
constexpr size_t BytesFieldSize(size_t length) {
  return length == 0 ? 0 : LengthFieldSize(length);
}

constexpr size_t VarintFieldSize(uint64_t value) {
  return value == 0 ? 0 : 1 + VarintSize(value);
}

// Writes into memory that the caller has measured. Field numbers are below 16.
class WireWriter {
 public:
  explicit WireWriter(char* at) : at_(at) {}

  char* at() const { return at_; }
  // Leaves the next `bytes` to the caller, who writes them through the result.
  char* Skip(size_t bytes) {
    char* here = at_;
    at_ += bytes;
    return here;
  }

  void Varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) {
      *at_++ = static_cast<char>((value & 0x7f) | 0x80);
    }
    *at_++ = static_cast<char>(value);
  }
  void Raw(std::string_view bytes) {
    if (!bytes.empty()) std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }
  // Tag and length of a field whose bytes come next.
  void Length(uint32_t field, size_t length) {
    Tag(field, WireType::kBytes);
    Varint(length);
  }
  // Left out when empty.
  void BytesField(uint32_t field, std::string_view bytes) {
    if (bytes.empty()) return;
    Length(field, bytes.size());
    Raw(bytes);
  }
  // Left out when zero.
  void VarintField(uint32_t field, uint64_t value) {
    if (value == 0) return;
    Tag(field, WireType::kVarint);
    Varint(value);
  }
  // Left out when zero.
  void Fixed64Field(uint32_t field, int64_t value) {
    if (value == 0) return;
    Tag(field, WireType::kFixed64);
    std::memcpy(Skip(sizeof(value)), &value, sizeof(value));
  }

 private:
  void Tag(uint32_t field, WireType type) {
    *at_++ = static_cast<char>(field << 3 | static_cast<uint32_t>(type));
  }

  char* at_;
};

}  // namespace freshet
