// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace freshet {

// XXH3, 64 bits, seed 0: every sum that Freshet writes to disk or compares.
// Not cryptographic. Source: libxxhash.
uint64_t Xxh3(std::string_view bytes);

// The same over a stream of pieces.
class Xxh3Stream {
 public:
  Xxh3Stream();
  ~Xxh3Stream();
  Xxh3Stream(const Xxh3Stream&) = delete;
  Xxh3Stream& operator=(const Xxh3Stream&) = delete;

  void Update(std::string_view bytes);
  uint64_t Digest() const;

 private:
  void* state_;
};

}  // namespace freshet
