// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/store_resources.h"
#include "storage/version.h"

namespace freshet {

// A version that is open in a loader, with what it reads by.
class OpenChain {
 public:
  // The directories of LayerSpec::chain.
  static absl::StatusOr<std::unique_ptr<OpenChain>> Open(
      const std::vector<std::string>& dirs);

  const Version& version() const { return *version_; }
  const std::vector<Manifest>& manifests() const { return manifests_; }

 private:
  OpenChain();

  StoreResources resources_;
  std::vector<Manifest> manifests_;
  std::unique_ptr<Version> version_;
};

}  // namespace freshet
