// SPDX-License-Identifier: Apache-2.0
// Live rows and windows of people who are to be forgotten, for tests.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/mutex.h"
#include "features/check.h"
#include "features/key_codec.h"
#include "ingest/live/live_erasure.h"
#include "ingest/live/live_views.h"
#include "storage/row_batch.h"
#include "tests/live_applier/live_kit.h"

namespace freshet {

inline constexpr int64_t kNow = 16'000 * kDay + 5 * kHour;

inline const std::string kFile =
    std::string(kPaymentsFile) + R"yaml(batch_feature_views:
  - name: last
    entities: [user]
    live: {source: payments}
    features: [{name: cents, type: int64}]
stream_feature_views:
  - name: counts
    entities: [user]
    source: payments
    duplicates: counted
    aggregations: [{functions: [count], windows: [1h, 7d]}]
  - name: pairs
    entities: [user, item]
    source: payments
    duplicates: counted
    aggregations: [{functions: [count], windows: [1h]}]
)yaml";

// Tells when it is asked, on whichever thread.
class TestClock final : public Clock {
 public:
  int64_t NowMicros() const override {
    std::function<void()> asked;
    {
      MutexLock lock(mu_);
      asked = asked_;
    }
    if (asked) asked();
    return time_.NowMicros();
  }
  void Set(int64_t now_micros) { time_.Set(now_micros); }
  void Tell(std::function<void()> asked) {
    MutexLock lock(mu_);
    asked_ = std::move(asked);
  }

 private:
  ManualClock time_{kNow};
  mutable Mutex mu_;
  std::function<void()> asked_ ABSL_GUARDED_BY(mu_);
};

class LiveErasureTest : public testing::Test {
 protected:
  void SetUp() override {
    Define(kFile);
    Open();
  }
  void TearDown() override { ASSERT_TRUE(ArmFailpoints("").ok()); }

  void Define(const std::string& text) {
    ParsedFile file = ParseAndCheck(text);
    ASSERT_EQ(FormatProblems("", file.problems), "");
    definitions_ = std::move(file.definitions);
  }

  AppliedViews Applied() const {
    ViewSchema schema;
    schema.schema = RowSchema(1, {{"user", {.kind = Kind::kString}}},
                              {{1, "cents", {.kind = Kind::kInt64}}});
    return {definitions_, {{"last", schema}}};
  }

  void Open() {
    views_.reset();
    auto opened = LiveViews::Open(options_, Applied(), resources_, clock_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    views_ = *std::move(opened);
  }

  // Opens what a crash leaves.
  void Crash() {
    EndAsByACrash(options_.dir, views_);
    Open();
  }

  void Submit(const std::vector<Payment>& payments) {
    ASSERT_TRUE(SubmitPushed(*views_, payments).ok());
  }
  void Submit(const std::string& user, int64_t item) {
    Submit({{.user = user, .at = clock_.NowMicros() - kSecond, .id = item}});
  }

  absl::StatusOr<std::vector<ErasedEntity>> ForgetUsers(
      const std::vector<std::string>& users) {
    LiveErasure::Request request = {
        .entity = "user",
        .join_keys = {{"user", {.kind = Kind::kString}}},
        .who = "ada"};
    for (const std::string& user : users) request.keys.push_back({Value(user)});
    return views_->erasure().Forget(request, *views_);
  }

  absl::StatusOr<std::vector<ErasedEntity>> ForgetItems(
      const std::vector<int64_t>& items) {
    LiveErasure::Request request = {
        .entity = "item",
        .join_keys = {{"id", {.kind = Kind::kInt64}}},
        .who = "ada"};
    for (const int64_t item : items) request.keys.push_back({Value(item)});
    return views_->erasure().Forget(request, *views_);
  }

  std::vector<ErasedEntity> Erase() {
    std::atomic<bool> canceled = false;
    auto gone = views_->erasure().Erase(clock_.NowMicros(), *views_->served(),
                                        canceled);
    EXPECT_TRUE(gone.ok()) << gone.status();
    return gone.ok() ? *gone : std::vector<ErasedEntity>();
  }

  LiveWindows WindowsOf(const std::string& view) {
    for (const LiveWindows& windows : views_->served()->windows) {
      if (windows.name == view) return windows;
    }
    ADD_FAILURE() << "no view " << view;
    return {};
  }

  // Of the last hour.
  int64_t Count(const std::string& view, const std::string& key) {
    const LiveWindows windows = WindowsOf(view);
    return std::get<int64_t>(
        FeaturesIn(windows.plan, *windows.generation, key, clock_.NowMicros())
            .at(0)
            .v);
  }
  int64_t Count(const std::string& user) { return Count("counts", user); }
  int64_t Pairs(const std::string& user, int64_t item) {
    std::string key;
    AppendKeyBytes(user, /*last=*/false, &key);
    AppendKeyInt64(item, &key);
    return Count("pairs", key);
  }
  bool HasRow(const std::string& user) {
    RowBatch rows;
    const std::vector<std::string_view> keys = {user};
    const LiveGeneration& live = *views_->served()->rows.at(0).generation;
    live.LookupCached(keys, rows);
    live.LookupDisk(keys, rows);
    return rows.state(0) == RowBatch::State::kFound;
  }

  // Files that have these bytes, but for RocksDB's list of its files: it has
  // the keys at their edges.
  std::vector<std::string> FilesWith(const std::string& bytes) {
    std::vector<std::string> found;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(options_.dir)) {
      const std::string name = entry.path().filename().string();
      if (!entry.is_regular_file() || name.starts_with("MANIFEST")) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string all{std::istreambuf_iterator<char>(file), {}};
      if (all.find(bytes) != std::string::npos) {
        found.push_back(entry.path().extension().string());
      }
    }
    return found;
  }

  TempDir dir_;
  StoreResources resources_{8 << 20};
  TestClock clock_;
  Definitions definitions_;
  LiveViews::Options options_ = {.dir = dir_.path()};
  std::unique_ptr<LiveViews> views_;
};

}  // namespace freshet
