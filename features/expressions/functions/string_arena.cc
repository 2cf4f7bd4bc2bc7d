// SPDX-License-Identifier: Apache-2.0
#include "features/expressions/functions/string_arena.h"

#include "base/check.h"

namespace freshet {

char* StringArena::Allocate(size_t size) {
  CHECK(size <= kComputedStringMax);
  if (used_ + size > kComputedStringMax) {
    ++block_;
    used_ = 0;
  }
  if (block_ == blocks_.size()) {
    blocks_.push_back(std::make_unique<char[]>(kComputedStringMax));
  }
  char* bytes = blocks_[block_].get() + used_;
  used_ += size;
  return bytes;
}

}  // namespace freshet
