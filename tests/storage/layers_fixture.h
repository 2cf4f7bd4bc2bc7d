// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/fakes/temp_dir.h"
#include "tests/storage/build_version.h"

namespace freshet {

// Versions that are laid over one another.
class LayersFixture : public testing::Test {
 protected:
  // Adds a version over those that there are.
  void Add(const Rows& rows) {
    const auto version = static_cast<int64_t>(chain_.layers.size()) + 1;
    Manifest identity = TestIdentity(version);
    identity.base = version - 1;
    const std::string dir = fmt::format("{}/v{}", temp_.path(), version);
    const auto manifest = BuildVersion(dir, rows, {}, identity);
    ASSERT_TRUE(manifest.ok()) << manifest.status();
    chain_.layers.insert(chain_.layers.begin(), {dir, *manifest});
  }

  std::unique_ptr<Version> Open() {
    auto version = Version::Open(chain_, resources_);
    EXPECT_TRUE(version.ok()) << version.status();
    return *std::move(version);
  }

  TempDir temp_;
  StoreResources resources_{16 << 20};
  VersionChain chain_;
};

}  // namespace freshet
