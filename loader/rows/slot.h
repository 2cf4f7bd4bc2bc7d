// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace freshet {

// One value on its way from a file into a row, as the row codec wants it.
// `bytes` points into the slot itself or into the batch that was read.
struct Slot {
  std::string_view bytes;
  char fixed[8];
  std::string scratch;  // For values that must be rewritten.
  uint16_t nanos = 0;   // Of a timestamp: what its microseconds leave out.

  template <typename T>
  void Set(T value) {
    static_assert(sizeof(T) <= sizeof(fixed));
    std::memcpy(fixed, &value, sizeof(T));
    bytes = std::string_view(fixed, sizeof(T));
  }
};

}  // namespace freshet
