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
#include "storage/version.h"

namespace freshet {

// What is behind Version; for storage/ only.
struct Version::Parts {
  using Layers = std::vector<std::shared_ptr<const Layer>>;

  Parts(StoreResources::Shared& store, Layers opened);
  ~Parts();
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  // Index of the newest layer that may have the key.
  size_t LayerOf(std::string_view key) const {
    return layers.size() == 1 ? 0 : map.Find(Xxh3(key));
  }

  // InheritRowCache for the rows of one layer.
  static absl::Status InheritLayer(const Parts& from, const Layer& to,
                                   const std::function<bool()>& keep_going);

  StoreResources::Shared& shared;
  const Layers layers;  // The newest first.
  const LayerMap map;
  std::atomic<int64_t> corrupt_reads{0};
};

}  // namespace freshet
