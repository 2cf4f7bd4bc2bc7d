// SPDX-License-Identifier: Apache-2.0
// A block of tiles on disk. Whatever the bytes, they are refused or merged;
// what was merged once is merged with itself to the same tiles.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "features/windows/tile_block.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  const auto view = freshet::ParseBlock(input);
  if (!view.ok()) return 0;
  const auto merged = freshet::MergeBlocks({input, input});
  if (!merged.ok()) return 0;
  const auto again = freshet::ParseBlock(*merged);
  CHECK(again.ok());
  CHECK(again->shape == view->shape);
  CHECK(again->tiles.size() == view->tiles.size());
  return 0;
}
