// SPDX-License-Identifier: Apache-2.0
#include "loader/layers/chain.h"

#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/status.h"

namespace freshet {
namespace {

// Keys come in order: what the last one needed is what is worth keeping.
constexpr int64_t kCacheBytes = 8 << 20;

}  // namespace

int64_t SourceBytesOf(const std::vector<Manifest>& manifests, size_t layers) {
  int64_t bytes = 0;
  for (size_t i = 0; i < layers; ++i) bytes += manifests[i].source_bytes;
  return bytes;
}

OpenChain::OpenChain() : resources_(kCacheBytes) {}

absl::StatusOr<std::unique_ptr<OpenChain>> OpenChain::Open(
    const LayerSpec& layers) {
  std::unique_ptr<OpenChain> open(new OpenChain());
  VersionChain& chain = open->chain_;
  chain.forgotten = layers.forgotten;
  for (const std::string& dir : layers.chain) {
    ASSIGN_OR_RETURN(Manifest manifest, ReadManifest(dir));
    open->manifests_.push_back(manifest);
    chain.layers.push_back({dir, std::move(manifest)});
  }
  ASSIGN_OR_RETURN(open->version_, Version::Open(chain, open->resources_));
  return open;
}

absl::StatusOr<std::unique_ptr<Version>> OpenChain::OpenBeneath(size_t layers) {
  VersionChain beneath = chain_;
  const auto begin = beneath.layers.begin();
  beneath.layers.erase(begin, begin + static_cast<ptrdiff_t>(layers));
  return Version::Open(beneath, resources_);
}

}  // namespace freshet
