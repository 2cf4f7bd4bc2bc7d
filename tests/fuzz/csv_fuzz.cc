// SPDX-License-Identifier: Apache-2.0
// CSV, plain or packed.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/load_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  freshet::LoadText({reinterpret_cast<const char*>(bytes), size},
                    freshet::FileFormat::kCsv);
  return 0;
}
