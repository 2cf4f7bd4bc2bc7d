// SPDX-License-Identifier: Apache-2.0
// The status of one value in a reply: a state in the low four bits, a cause in
// the high four. The numbers are those of freshet/v1/types.proto.
#pragma once

#include <cstdint>

namespace freshet {

enum class ValueState : uint8_t {
  kPresent = 1,
  kNull = 2,
  kNotFound = 3,
  kExpired = 4,
  kIncomplete = 5,
  kError = 6,
};

enum class ValueCause : uint8_t {
  kNone = 0,
  kDefaulted = 1,
  kStale = 2,
  kSourceTimeout = 3,
  kSourceError = 4,
  kNotInVersion = 6,
  kCorrupt = 7,
  kOverflow = 8,
  kPartial = 10,
  kApproximate = 11,
};

constexpr uint8_t StatusByte(ValueState state,
                             ValueCause cause = ValueCause::kNone) {
  return static_cast<uint8_t>(static_cast<uint8_t>(state) |
                              static_cast<uint8_t>(cause) << 4);
}

constexpr ValueState StateOf(uint8_t status) {
  return static_cast<ValueState>(status & 0x0f);
}

}  // namespace freshet
