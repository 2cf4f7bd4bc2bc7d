// SPDX-License-Identifier: Apache-2.0
// Rows of windows that are made of a history's version and of live tiles.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "features/key_codec.h"
#include "features/streams/event_rows.h"
#include "features/streams/tile_collector.h"
#include "storage/live/coverage.h"
#include "storage/live/live_store.h"
#include "storage/live/window_rows.h"
#include "tests/fakes/temp_dir.h"
#include "tests/storage/build_version.h"

namespace freshet {
namespace {

using enum AggregateFunction;
using State = RowBatch::State;

constexpr int64_t kHour = 3'600'000'000;
constexpr int64_t kDay = 24 * kHour;
constexpr int64_t kNow = 16'000 * kDay + 5 * kHour + 17;
constexpr int64_t kCutover = 15'999 * kDay;

const StreamSource kSource = {.name = "payments",
                              .fields = {{"user", {.kind = Kind::kString}},
                                         {"cents", {.kind = Kind::kInt64}},
                                         {"at", {.kind = Kind::kTimestamp}}},
                              .timestamp_field = "at"};

const WindowedView kView = {
    .name = "paid",
    .source = "payments",
    .aggregations = {{.column = "cents",
                      .functions = {{.function = kSum}},
                      .windows_micros = {kHour, 7 * kDay}}}};
constexpr size_t kSumOfAWeek = 1;

struct Paid {
  std::string user;
  int64_t cents = 0;
  int64_t at_micros = 0;
};

class HistoryRowsTest : public testing::Test {
 protected:
  void SetUp() override {
    auto plan = WindowedViewPlan::Make(kSource, kView,
                                       {{"user", {.kind = Kind::kString}}});
    ASSERT_TRUE(plan.ok()) << plan.status();
    plan_ = std::make_shared<const WindowedViewPlan>(*std::move(plan));
    resources_ = std::make_unique<StoreResources>(8 << 20);
    auto store = LiveStore::Open(dir_.path() + "/live", {}, *resources_);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    live_ = *store_->Add(1);
  }

  std::map<std::string, std::string> BlocksOf(const std::vector<Paid>& events) {
    EventRows rows(kSource.fields);
    for (const Paid& event : events) {
      rows.Begin(0, offset_++);
      rows.SetText(0, event.user);
      rows.SetInteger(1, event.cents);
      rows.SetInteger(2, event.at_micros);
    }
    TileCollector collector(*plan_);
    collector.Add(rows.batch(), kNow);
    std::map<std::string, std::string> blocks;
    collector.Take([&](std::string_view key, std::string_view block) {
      blocks.emplace(key, block);
    });
    return blocks;
  }

  void Push(const std::vector<Paid>& events) {
    LiveBatch batch;
    for (const auto& [key, block] : BlocksOf(events)) {
      batch.Merge(*live_, key, block);
    }
    ASSERT_TRUE(store_->Apply(batch, store_->applied() + 1).ok());
  }

  void Load(const std::vector<Paid>& events,
            const HistorySpan& span = {kCutover - 30 * kDay, kCutover}) {
    Manifest identity = TestIdentity();
    identity.schema = RowSchema(1, {{"user", {.kind = Kind::kString}}},
                                {{1, "tiles", {.kind = Kind::kBytes}}});
    identity.history =
        TileHistory{.tiles = plan_->generation_hash, .span = span};
    RowWriter writer(identity.schema);
    Rows rows;
    for (const auto& [key, block] : BlocksOf(events)) {
      writer.Begin(0);
      writer.SetBytes(kTileBlockColumn, block);
      rows.emplace(key, writer.Finish());
    }
    const std::string dir = fmt::format("{}/v{}", dir_.path(), offset_);
    const auto manifest = BuildVersion(dir, rows, {}, identity);
    ASSERT_TRUE(manifest.ok()) << manifest.status();
    chain_.layers = {{dir, *manifest}};
    OpenHistory();
  }

  void OpenHistory() {
    auto version = Version::Open(chain_, *resources_);
    ASSERT_TRUE(version.ok()) << version.status();
    history_ = *std::move(version);
  }

  // What a week's sum of a user is.
  Value Sum(const std::string& user, bool from_disk = true,
            int64_t now_micros = kNow) {
    const auto features = std::make_shared<const WindowFeatures>(
        plan_, std::vector<size_t>{kSumOfAWeek});
    std::string key;
    AppendKeyBytes(user, /*last=*/true, &key);
    const std::string_view keys[] = {key};
    const WindowTiles tiles{.live = live_.get(), .history = history_.get()};
    rows_.LookupCached(features, tiles, keys, now_micros);
    if (from_disk) rows_.LookupDisk(tiles);
    rows_.Compute();
    if (rows_.state(0) != State::kFound) return Value();
    return *RowView::Parse(features->schema, rows_.row(0))->Get(0);
  }

  TempDir dir_;
  std::unique_ptr<StoreResources> resources_;
  std::shared_ptr<const WindowedViewPlan> plan_;
  std::unique_ptr<LiveStore> store_;
  LiveGeneration::Ptr live_;
  VersionChain chain_;
  std::unique_ptr<Version> history_;
  WindowRows rows_;
  int64_t offset_ = 0;
};

TEST_F(HistoryRowsTest, Rule29EachTileIsOfOneSide) {
  Push({{"ann", 1, kCutover - 1}, {"ann", 10, kCutover}});
  EXPECT_EQ(Sum("ann"), Value(int64_t{11}));

  Load({{"ann", 100, kCutover - 1}, {"ann", 1'000, kCutover - 6 * kDay}});

  EXPECT_EQ(Sum("ann"), Value(int64_t{110}));
  EXPECT_TRUE(Sum("bob").IsNull());
  // A rollback to nothing.
  history_.reset();
  EXPECT_EQ(Sum("ann"), Value(int64_t{11}));
}

TEST_F(HistoryRowsTest, WhatIsNotInMemoryNeedsTheDisk) {
  Load({{"ann", 100, kCutover - 1}});
  Sum("ann", /*from_disk=*/false);
  EXPECT_GT(rows_.needs_disk(), 0U);
  EXPECT_EQ(rows_.state(0), State::kNeedsDisk);
  EXPECT_EQ(Sum("ann"), Value(int64_t{100}));
}

TEST_F(HistoryRowsTest, AForgottenEntityIsNotThere) {
  Load({{"ann", 100, kCutover - 1}, {"bob", 7, kCutover - 1}});
  EXPECT_EQ(Sum("ann"), Value(int64_t{100}));
  std::string key;
  AppendKeyBytes("ann", /*last=*/true, &key);
  chain_.forgotten = {
      {.join_keys = {"user"}, .hash = Xxh3(key), .until_version = 1}};

  OpenHistory();

  EXPECT_TRUE(Sum("ann").IsNull());
  EXPECT_EQ(Sum("bob"), Value(int64_t{7}));
}

TEST_F(HistoryRowsTest, Rule27TheTwoAreWholeTogether) {
  Load({{"ann", 100, kCutover - 1}});
  const auto incomplete = [&](int64_t live_from, int64_t now_micros = kNow) {
    const Coverage coverage(live_from);
    return IsIncomplete(*plan_, {coverage, SpanOf(history_.get(), now_micros)},
                        kSumOfAWeek, now_micros);
  };
  EXPECT_FALSE(incomplete(kCutover));
  EXPECT_TRUE(incomplete(kCutover + 1)) << "nobody has that microsecond";
  // A clock that was set back knows nothing of what is to come.
  EXPECT_TRUE(incomplete(kCutover - 1, kCutover - 1));
  Load({{"ann", 100, kCutover - 1}}, {kCutover - 5 * kDay, kCutover});
  EXPECT_TRUE(incomplete(kCutover)) << "the window begins before the files";
  EXPECT_FALSE(incomplete(kCutover - 8 * kDay)) << "live tiles go back further";
}

}  // namespace
}  // namespace freshet
