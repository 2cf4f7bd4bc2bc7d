// SPDX-License-Identifier: Apache-2.0
// JSON Lines, plain or packed.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/load_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  freshet::LoadText({reinterpret_cast<const char*>(bytes), size},
                    freshet::FileFormat::kJsonLines);
  return 0;
}
