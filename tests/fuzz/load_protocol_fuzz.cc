// SPDX-License-Identifier: Apache-2.0
// What the loader reads from the daemon, and the daemon from a loader that a
// hostile file may have taken over.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "storage/protocol/load_protocol.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace freshet;
  const std::string_view line(reinterpret_cast<const char*>(bytes), size);
  if (const auto spec = ParseLoadSpec(line); spec.ok()) {
    const std::string text = SerializeLoadSpec(*spec);
    const auto again = ParseLoadSpec(text);
    CHECK(again.ok() && SerializeLoadSpec(*again) == text);
  }
  if (const auto progress = ParseLoadProgress(line); progress.ok()) {
    const std::string text = SerializeLoadProgress(*progress);
    CHECK(text.find('\n') == text.size() - 1);
    const auto again = ParseLoadProgress(text);
    CHECK(again.ok() && SerializeLoadProgress(*again) == text);
  }
  return 0;
}
