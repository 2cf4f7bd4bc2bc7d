// SPDX-License-Identifier: Apache-2.0
#include "storage/engine/version_parts.h"

#include <span>
#include <utility>

#include "features/windows/window_plan.h"

namespace freshet {
namespace {

LayerMap MapOf(const std::vector<std::shared_ptr<const Layer>>& layers) {
  std::vector<std::span<const uint64_t>> hashes;
  for (size_t i = 0; i + 1 < layers.size(); ++i) {
    hashes.emplace_back(layers[i]->key_hashes);
  }
  return LayerMap(hashes);
}

// Behind an entity's key.
size_t BytesBeyondKey(const Manifest& manifest) {
  return manifest.history ? kBlockKeyBytes : 0;
}

}  // namespace

Version::Parts::Parts(StoreResources::Shared& store, Layers opened,
                      std::vector<ForgottenKey> keys)
    : shared(store),
      layers(std::move(opened)),
      map(MapOf(layers)),
      forgotten(std::move(keys), layers.front()->manifest.schema.key(),
                BytesBeyondKey(layers.front()->manifest)) {
  shared.versions_bytes.fetch_add(map.bytes());
}

Version::Parts::~Parts() { shared.versions_bytes.fetch_sub(map.bytes()); }

}  // namespace freshet
