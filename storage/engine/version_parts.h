// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "storage/engine/layer_map.h"
#include "storage/engine/layer_parts.h"
#include "storage/engine/store_shared.h"
#include "storage/erasure/forgotten_keys.h"
#include "storage/version.h"

namespace freshet {

// What is behind Version; for storage/ only.
struct Version::Parts {
  using Layers = std::vector<std::shared_ptr<const Layer>>;

  Parts(StoreResources::Shared& store, Layers opened,
        std::vector<ForgottenKey> keys);
  ~Parts();
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  // Index of the newest layer that may have the key.
  size_t LayerOf(std::string_view key) const {
    return layers.size() == 1 ? 0 : map.Find(Xxh3(key));
  }

  // Whether rows of the key in this layer and those beneath do not count.
  bool Hides(std::string_view key, size_t layer) const {
    return forgotten.Hides(key, layers[layer]->manifest.version);
  }

  // InheritRowCache for the rows of one of its layers.
  absl::Status InheritLayer(const Parts& from, size_t layer,
                            const std::function<bool()>& keep_going) const;

  StoreResources::Shared& shared;
  const Layers layers;  // The newest first.
  const LayerMap map;
  const ForgottenKeys forgotten;
  std::atomic<int64_t> corrupt_reads{0};
};

}  // namespace freshet
