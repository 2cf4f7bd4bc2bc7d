// SPDX-License-Identifier: Apache-2.0
// Variable-length integers, and a reader of bytes that were written in order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "features/little_endian.h"

namespace freshet {

// LEB128: seven bits a byte, the lowest first. `T`: an unsigned integer.
template <typename T>
void AppendVarint(T value, std::string* out) {
  while (value >= 0x80) {
    out->push_back(static_cast<char>(static_cast<uint8_t>(value) | 0x80));
    value >>= 7;
  }
  out->push_back(static_cast<char>(value));
}

// Small for numbers that are near zero, of either sign.
inline uint64_t ZigZag(int64_t value) {
  return (static_cast<uint64_t>(value) << 1) ^
         static_cast<uint64_t>(value >> 63);
}
inline int64_t UnZigZag(uint64_t value) {
  return static_cast<int64_t>((value >> 1) ^ (0 - (value & 1)));
}

// Reads values in order. One that is not there makes it fail: from then on
// everything reads as zero or empty, and ok() says so, once, at the end.
// The bytes must outlive what is read.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  bool AtEnd() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

  template <typename T>
  T Fixed() {
    const std::string_view bytes = Bytes(sizeof(T));
    return bytes.empty() ? T{} : LoadLittle<T>(bytes, 0);
  }

  std::string_view Bytes(size_t length) {
    if (length > rest_.size()) return Fail();
    const std::string_view bytes = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return bytes;
  }

  // Fails on more bits than T has.
  template <typename T = uint64_t>
  T Varint() {
    T value = 0;
    for (unsigned shift = 0; shift < 8 * sizeof(T); shift += 7) {
      if (rest_.empty()) break;
      const auto byte = static_cast<uint8_t>(rest_.front());
      const T bits = byte & 0x7f;
      if ((bits << shift) >> shift != bits) break;
      rest_.remove_prefix(1);
      value |= bits << shift;
      if (byte < 0x80) return value;
    }
    Fail();
    return 0;
  }

  int64_t SignedVarint() { return UnZigZag(Varint()); }

  // Its length, as a varint, and then the bytes.
  std::string_view LengthAndBytes() { return Bytes(Varint<size_t>()); }

  // For a value that was read and cannot be. Returns no bytes.
  std::string_view Fail() {
    ok_ = false;
    rest_ = {};
    return {};
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

inline void AppendLengthAndBytes(std::string_view bytes, std::string* out) {
  AppendVarint(bytes.size(), out);
  out->append(bytes);
}

}  // namespace freshet
