// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/protocol/load_protocol.h"
#include "storage/store_resources.h"
#include "storage/version.h"

namespace freshet {

// Of the snapshots of the first `layers`, together: what a version that is
// written of them is compared with when the next load's size is estimated.
int64_t SourceBytesOf(const std::vector<Manifest>& manifests, size_t layers);

// A version that is open in a loader, with what it reads by.
class OpenChain {
 public:
  static absl::StatusOr<std::unique_ptr<OpenChain>> Open(
      const LayerSpec& layers);

  const Version& version() const { return *version_; }
  // What its newest `layers` are laid over. Requires: there is such a version.
  absl::StatusOr<std::unique_ptr<Version>> OpenBeneath(size_t layers);
  const std::vector<Manifest>& manifests() const { return manifests_; }

 private:
  OpenChain();

  StoreResources resources_;
  std::vector<Manifest> manifests_;
  VersionChain chain_;
  std::unique_ptr<Version> version_;
};

}  // namespace freshet
