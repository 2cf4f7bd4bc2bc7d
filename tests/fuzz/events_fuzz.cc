// SPDX-License-Identifier: Apache-2.0
// Events of the change log. Whatever the bytes, they are refused or read; what
// was read and written again reads the same.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "features/streams/event_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  const auto logged = freshet::DecodeEvents(input);
  if (!logged.ok()) return 0;
  std::string once;
  freshet::AppendEvents(*logged, &once);
  const auto again = freshet::DecodeEvents(once);
  CHECK(again.ok());
  std::string twice;
  freshet::AppendEvents(*again, &twice);
  CHECK(once == twice);
  return 0;
}
