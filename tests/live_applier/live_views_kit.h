// SPDX-License-Identifier: Apache-2.0
// The live views of a file with one source of payments, for tests.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/failpoint.h"
#include "ingest/live/live_views.h"
#include "tests/live_applier/live_kit.h"

namespace freshet {

inline constexpr int64_t kNow = 16'000 * kDay + 5 * kHour;

class LiveViewsTest : public testing::Test {
 protected:
  void SetUp() override {
    definitions_.project = "p";
    definitions_.entities.push_back(
        {.name = "user",
         .description = "",
         .owner = "",
         .tags = {},
         .join_keys = {{.name = "user",
                        .type = {.kind = Kind::kString},
                        .at = {}}},
         .at = {}});
    StreamSource source = Payments();
    source.single_node = true;
    definitions_.stream_sources.push_back(source);
    definitions_.stream_views.push_back(Counts("counts", {kHour}));
    Open();
  }
  void TearDown() override { ASSERT_TRUE(ArmFailpoints("").ok()); }

  static WindowedView Counts(const std::string& name,
                             std::vector<int64_t> windows_micros) {
    return {.name = name,
            .entities = {"user"},
            .source = "payments",
            .aggregations = {
                {.column = "cents",
                 .functions = {{.function = AggregateFunction::kCount}},
                 .windows_micros = std::move(windows_micros)}}};
  }

  void Open() {
    views_.reset();
    auto opened = LiveViews::Open(options_, {definitions_}, resources_, clock_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    views_ = *std::move(opened);
  }

  // Opens what a crash leaves.
  void Crash() {
    EndAsByACrash(options_.dir, views_);
    Open();
  }

  absl::Status Submit(const std::vector<Payment>& payments) {
    return SubmitPushed(*views_, payments);
  }

  absl::Status Apply() { return views_->Apply({definitions_}); }

  LiveWindows WindowsOf(const std::string& name) const {
    const auto served = views_->served();
    for (const LiveWindows& windows : served->windows) {
      if (windows.name == name) return windows;
    }
    ADD_FAILURE() << "no view " << name;
    return {};
  }

  int64_t CountIn(const LiveWindows& windows, size_t feature = 0) const {
    const std::vector<Value> values = FeaturesIn(
        windows.plan, *windows.generation, "ann", clock_.NowMicros());
    return std::get<int64_t>(values.at(feature).v);
  }

  TempDir dir_;
  StoreResources resources_{8 << 20};
  ManualClock clock_{kNow};
  Definitions definitions_;
  LiveViews::Options options_ = {.dir = dir_.path(),
                                 .log = {.segment_bytes = 4 << 10}};
  std::unique_ptr<LiveViews> views_;
};

}  // namespace freshet
