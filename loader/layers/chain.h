// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/protocol/load_protocol.h"
#include "storage/store_resources.h"
#include "storage/version.h"

namespace freshet {

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
