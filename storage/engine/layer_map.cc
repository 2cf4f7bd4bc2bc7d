// SPDX-License-Identifier: Apache-2.0
#include "storage/engine/layer_map.h"

#include <bit>

#include "base/check.h"

namespace freshet {

LayerMap::LayerMap(std::span<const std::span<const uint64_t>> layers)
    : lowest_(layers.size()) {
  CHECK(layers.size() < kLayersMax);
  size_t keys = 0;
  for (const auto& layer : layers) keys += layer.size();
  if (keys == 0) return;
  const size_t slots = std::bit_ceil(2 * keys + 2);
  slots_.resize(slots);
  mask_ = slots - 1;
  shift_ = std::countl_zero(slots) + 1;
  for (size_t i = 0; i < layers.size(); ++i) {
    for (const uint64_t hash : layers[i]) Add(hash, i);
  }
}

// The newest comes first, and stays.
void LayerMap::Add(uint64_t hash, size_t layer) {
  for (size_t at = hash >> shift_;; at = (at + 1) & mask_) {
    uint64_t& slot = slots_[at];
    if (slot == 0) {
      slot = (hash & ~kLayerMask) | (layer + 1);
      return;
    }
    if (((slot ^ hash) & ~kLayerMask) == 0) return;
  }
}

}  // namespace freshet
