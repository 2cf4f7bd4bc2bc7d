// SPDX-License-Identifier: Apache-2.0
// Little-endian integers at any alignment: the order of every number in a row.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace freshet {

// Only x86-64 and AArch64 are built for; the formats do not depend on it.
static_assert(std::endian::native == std::endian::little);

// Requires: `offset` + sizeof(T) <= bytes.size().
template <typename T>
requires std::is_trivially_copyable_v<T> T LoadLittle(std::string_view bytes,
                                                      size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

template <typename T>
requires std::is_trivially_copyable_v<T>
void AppendLittle(T value, std::string* out) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out->append(bytes, sizeof(T));
}

// Requires: `offset` + sizeof(T) <= out->size().
template <typename T>
requires std::is_trivially_copyable_v<T>
void StoreLittle(T value, size_t offset, std::string* out) {
  std::memcpy(out->data() + offset, &value, sizeof(T));
}

}  // namespace freshet
