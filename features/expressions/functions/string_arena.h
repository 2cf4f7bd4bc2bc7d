// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace freshet {

// A string that an expression computes has at most so many bytes; a longer one
// is an overflow of its row.
inline constexpr size_t kComputedStringMax = 64 << 10;

// Bytes of computed strings, from blocks that are kept and used again: no
// allocation once the largest batch has been seen. Not safe from two threads.
class StringArena {
 public:
  // Room for `size` bytes. Requires: size <= kComputedStringMax.
  char* Allocate(size_t size);

  // What was allocated is no longer valid.
  void Reset() {
    block_ = 0;
    used_ = 0;
  }

 private:
  std::vector<std::unique_ptr<char[]>> blocks_;
  size_t block_ = 0;  // The one in use.
  size_t used_ = 0;   // Bytes of it.
};

}  // namespace freshet
