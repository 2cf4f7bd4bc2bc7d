// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"

namespace freshet {

// A value as Confluent's serializers frame it: a zero byte, the number of the
// schema that it is written by in four bytes, the highest first, and the rest.
struct FramedValue {
  int32_t schema = 0;
  std::string_view bytes = {};
};

// INVALID_ARGUMENT if it does not begin so, or the number is none that a
// schema can have.
absl::StatusOr<FramedValue> ParseFramed(std::string_view value);

}  // namespace freshet
