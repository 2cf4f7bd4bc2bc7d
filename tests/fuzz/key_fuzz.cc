// SPDX-License-Identifier: Apache-2.0
// The first byte chooses the parts, the rest is a key on disk. What is read
// must come back byte for byte: two spellings of one key would be two rows.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "features/key_codec.h"

namespace {

using freshet::Kind;

freshet::KeyPart Part(Kind kind) {
  return {.name = "k", .type = {.kind = kind}};
}

std::vector<freshet::KeyPart> PartsFor(uint8_t choice) {
  switch (choice % 6) {
    case 0:
      return {Part(Kind::kInt64)};
    case 1:
      return {Part(Kind::kString)};
    case 2:
      return {Part(Kind::kBytes)};
    case 3:
      return {Part(Kind::kString), Part(Kind::kInt64)};
    case 4:
      return {Part(Kind::kString), Part(Kind::kString)};
    default:
      return {Part(Kind::kBytes), Part(Kind::kInt64), Part(Kind::kBytes)};
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size == 0) return 0;
  const std::string_view key(reinterpret_cast<const char*>(bytes) + 1,
                             size - 1);
  const std::vector<freshet::KeyPart> parts = PartsFor(bytes[0]);
  const auto values = freshet::DecodeKey(parts, key);
  if (!values.ok()) return 0;
  const auto again = freshet::EncodeKey(parts, *values);
  CHECK(!again.ok() || *again == key);
  return 0;
}
