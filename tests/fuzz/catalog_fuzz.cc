// SPDX-License-Identifier: Apache-2.0
// The catalog: the bytes as they are, and as the body of a whole envelope,
// since a fuzzer cannot guess its sum.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "storage/framed_file.h"
#include "versions/catalog_state.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace freshet;
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  (void)ParseCatalog(input);
  const auto state = ParseCatalog(Frame(kCatalogMagic, kCatalogFormat, input));
  if (!state.ok()) return 0;
  const std::string text = SerializeCatalog(*state);
  const auto again = ParseCatalog(text);
  CHECK(again.ok() && SerializeCatalog(*again) == text);
  return 0;
}
