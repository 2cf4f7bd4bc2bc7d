// SPDX-License-Identifier: Apache-2.0
// What anybody may send to /v1/object-events.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "server/http/object_events.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(bytes), size);
  const auto objects = freshet::ObjectsOf(body);
  if (!objects.ok()) {
    CHECK(absl::IsInvalidArgument(objects.status()));
    return 0;
  }
  // Nothing grows: wrapped or percent-decoded, a name is no longer than it was.
  size_t named = 0;
  for (const std::string& object : *objects) named += object.size();
  CHECK(named <= size);
  return 0;
}
