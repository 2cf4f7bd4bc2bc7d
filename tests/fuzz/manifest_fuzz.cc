// SPDX-License-Identifier: Apache-2.0
// A version's manifest: the bytes as they are, and as the body of a whole
// envelope, since a fuzzer cannot guess its sum.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "storage/framed_file.h"
#include "storage/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace freshet;
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  (void)ParseManifest(input);
  const auto manifest =
      ParseManifest(Frame("freshet-manifest", kManifestFormat, input));
  if (!manifest.ok()) return 0;
  const auto again = ParseManifest(SerializeManifest(*manifest));
  CHECK(again.ok() && *again == *manifest);
  return 0;
}
