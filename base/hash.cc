// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"

#include <xxhash.h>

#include "base/check.h"

namespace freshet {
namespace {

XXH3_state_t* State(void* state) { return static_cast<XXH3_state_t*>(state); }

}  // namespace

uint64_t Xxh3(std::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

Hash128 Xxh3Wide(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.low64, hash.high64};
}

Xxh3Stream::Xxh3Stream() : state_(XXH3_createState()) {
  CHECK(state_ != nullptr);
  XXH3_64bits_reset(State(state_));
}

Xxh3Stream::~Xxh3Stream() { XXH3_freeState(State(state_)); }

void Xxh3Stream::Update(std::string_view bytes) {
  XXH3_64bits_update(State(state_), bytes.data(), bytes.size());
}

uint64_t Xxh3Stream::Digest() const {
  return XXH3_64bits_digest(State(state_));
}

}  // namespace freshet
