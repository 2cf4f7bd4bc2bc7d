// SPDX-License-Identifier: Apache-2.0
// What the watcher reads from the daemon, and the daemon from a watcher that a
// hostile store may have taken over.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "storage/protocol/watch_protocol.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace freshet;
  const std::string_view line(reinterpret_cast<const char*>(bytes), size);
  if (const auto order = ParseWatchOrder(line); order.ok()) {
    const std::string text = SerializeWatchOrder(*order);
    CHECK(text.find('\n') == text.npos);
    const auto again = ParseWatchOrder(text);
    CHECK(again.ok() && SerializeWatchOrder(*again) == text);
  }
  if (const auto sighting = ParseSighting(line); sighting.ok()) {
    const std::string text = SerializeSighting(*sighting);
    CHECK(text.find('\n') == text.size() - 1);
    const auto again = ParseSighting(text);
    CHECK(again.ok() && SerializeSighting(*again) == text);
  }
  return 0;
}
