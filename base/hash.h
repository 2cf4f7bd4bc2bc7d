// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace freshet {

// XXH3, 64 bits, seed 0: every sum that Freshet writes to disk or compares.
// Not cryptographic. Source: libxxhash.
uint64_t Xxh3(std::string_view bytes);

// XXH3, 128 bits, seed 0: where two of very many things must not have one hash.
struct Hash128 {
  uint64_t low = 0;
  uint64_t high = 0;

  bool operator==(const Hash128&) const = default;
};
Hash128 Xxh3Wide(std::string_view bytes);

// Xxh3 over a stream of pieces.
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
