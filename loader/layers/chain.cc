// SPDX-License-Identifier: Apache-2.0
#include "loader/layers/chain.h"

#include <cstdint>
#include <utility>

#include "base/status.h"

namespace freshet {
namespace {

// Keys come in order: what the last one needed is what is worth keeping.
constexpr int64_t kCacheBytes = 8 << 20;

}  // namespace

OpenChain::OpenChain() : resources_(kCacheBytes) {}

absl::StatusOr<std::unique_ptr<OpenChain>> OpenChain::Open(
    const std::vector<std::string>& dirs) {
  std::unique_ptr<OpenChain> open(new OpenChain());
  VersionChain chain;
  for (const std::string& dir : dirs) {
    ASSIGN_OR_RETURN(Manifest manifest, ReadManifest(dir));
    open->manifests_.push_back(manifest);
    chain.layers.push_back({dir, std::move(manifest)});
  }
  ASSIGN_OR_RETURN(open->version_, Version::Open(chain, open->resources_));
  return open;
}

}  // namespace freshet
