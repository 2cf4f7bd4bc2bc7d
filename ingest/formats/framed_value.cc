// SPDX-License-Identifier: Apache-2.0
#include "ingest/formats/framed_value.h"

#include <limits>

#include "base/error.h"

namespace freshet {

absl::StatusOr<FramedValue> ParseFramed(std::string_view value) {
  constexpr size_t kFrameBytes = 5;
  if (value.size() < kFrameBytes || value[0] != 0) {
    return InvalidArgument(
        "it does not begin with a zero byte and the number of a schema");
  }
  uint32_t schema = 0;
  for (size_t i = 1; i < kFrameBytes; ++i) {
    schema = schema << 8 | static_cast<uint8_t>(value[i]);
  }
  // A registry's numbers are ints of Java: of another it has none, and might
  // answer as if there were no such page.
  if (schema > uint32_t{std::numeric_limits<int32_t>::max()}) {
    return InvalidArgument("no registry has a schema {}", schema);
  }
  return FramedValue{.schema = static_cast<int32_t>(schema),
                     .bytes = value.substr(kFrameBytes)};
}

}  // namespace freshet
