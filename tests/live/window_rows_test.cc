// SPDX-License-Identifier: Apache-2.0
#include "storage/live/window_rows.h"

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "features/key_codec.h"
#include "features/streams/tile_collector.h"
#include "storage/live/live_store.h"
#include "tests/fakes/temp_dir.h"

namespace freshet {
namespace {

using enum AggregateFunction;
using State = RowBatch::State;

constexpr int64_t kMinute = 60'000'000;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;
constexpr int64_t kNow = 16'000 * kDay + 5 * kHour + 17;

const StreamSource kSource = {.name = "payments",
                              .fields = {{"user", {.kind = Kind::kString}},
                                         {"cents", {.kind = Kind::kInt64}},
                                         {"shop", {.kind = Kind::kString}},
                                         {"at", {.kind = Kind::kTimestamp}}},
                              .timestamp_field = "at"};

const WindowedView kView = {
    .name = "user_payments",
    .source = "payments",
    .aggregations = {
        {.column = "cents",
         .functions = {{.function = kCount}, {.function = kSum}},
         .windows_micros = {kHour, 7 * kDay}},
        {.column = "shop",
         .functions = {{.function = kLast}, {.function = kLastN, .n = 2}},
         .windows_micros = {kHour}}}};

class WindowRowsTest : public testing::Test {
 protected:
  void SetUp() override {
    auto plan = WindowedViewPlan::Make(kSource, kView,
                                       {{"user", {.kind = Kind::kString}}});
    ASSERT_TRUE(plan.ok()) << plan.status();
    plan_ = std::make_shared<const WindowedViewPlan>(*std::move(plan));
    Open();
    ASSERT_TRUE(store_->Add(1).ok());
  }

  // With a cache that holds nothing.
  void Open() {
    store_.reset();
    resources_ = std::make_unique<StoreResources>(8 << 20);
    auto store = LiveStore::Open(dir_.path() + "/live", {}, *resources_);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

  // An event of a minute ago.
  void Write(const std::string& user, int64_t cents, const std::string& shop) {
    EventBatch events{.rows = 1, .partitions = {0}, .offsets = {offset_++}};
    for (const StreamField& field : kSource.fields) {
      ValueColumn& column = events.fields.emplace_back();
      column.type = field.type;
      column.Resize(1);
      column.states[0] = RowState::kValue;
    }
    events.fields[0].strings[0] = user;
    events.fields[1].integers[0] = cents;
    events.fields[2].strings[0] = shop;
    events.fields[3].integers[0] = kNow - kMinute;
    TileCollector collector(*plan_);
    collector.Add(events, kNow);
    LiveBatch batch;
    collector.Take([&](std::string_view key, std::string_view block) {
      batch.Merge(*store_->generations().at(1), key, block);
    });
    ASSERT_TRUE(store_->Apply(batch, store_->applied() + 1).ok());
  }

  // Looks up and computes the rows of the users.
  void Read(const std::vector<std::string>& users, std::vector<size_t> features,
            bool from_disk = true) {
    features_ =
        std::make_shared<const WindowFeatures>(plan_, std::move(features));
    std::vector<std::string> keys(users.size());
    std::vector<std::string_view> views;
    for (size_t i = 0; i < users.size(); ++i) {
      AppendKeyBytes(users[i], /*last=*/true, &keys[i]);
      views.push_back(keys[i]);
    }
    const auto generation = store_->generations().at(1);
    const WindowTiles tiles{.live = generation.get()};
    rows_.LookupCached(features_, tiles, views, kNow);
    if (from_disk) rows_.LookupDisk(tiles);
    rows_.Compute();
    rows_.Release();
  }

  Value At(size_t row, size_t column) const {
    const auto parsed = RowView::Parse(features_->schema, rows_.row(row));
    EXPECT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(parsed->event_time_micros(), kNow);
    return *parsed->Get(column);
  }

  TempDir dir_;
  std::unique_ptr<StoreResources> resources_;
  std::shared_ptr<const WindowedViewPlan> plan_;
  std::unique_ptr<LiveStore> store_;
  std::shared_ptr<const WindowFeatures> features_;
  WindowRows rows_;
  int64_t offset_ = 0;
};

TEST_F(WindowRowsTest, EachEntityHasARowOfWhatIsAsked) {
  Write("ann", 30, "bakery");
  Write("ann", 12, "café");
  Write("bob", 5, "");

  Read({"ann", "nobody", "bob"}, {0, 2, 4, 5});

  ASSERT_EQ(rows_.size(), 3U);
  EXPECT_EQ(At(0, 0), Value(int64_t{2}));
  EXPECT_EQ(At(0, 1), Value(int64_t{42}));
  EXPECT_EQ(At(0, 2), Value("café"));
  EXPECT_EQ(At(0, 3), Value(Value::List{Value("bakery"), Value("café")}));
  EXPECT_EQ(At(2, 2), Value(""));
  // Rule 24: whether the key was ever seen or not.
  EXPECT_EQ(rows_.state(1), State::kFound);
  EXPECT_EQ(At(1, 0), Value(int64_t{0}));
  EXPECT_TRUE(At(1, 1).IsNull());
  EXPECT_TRUE(At(1, 3).IsNull());

  // Others, by the same object.
  Read({"bob"}, {2});
  ASSERT_EQ(rows_.size(), 1U);
  EXPECT_EQ(At(0, 0), Value(int64_t{5}));
}

TEST_F(WindowRowsTest, ASumThatDoesNotFitIsSaid) {
  Write("ann", std::numeric_limits<int64_t>::max(), "a");
  Write("ann", 1, "b");
  Write("bob", 1, "b");

  Read({"bob", "ann"}, {0, 2});

  EXPECT_TRUE(At(1, 1).IsNull());
  EXPECT_EQ(rows_.answer(1, 1), AnswerState::kOverflow);
  EXPECT_EQ(rows_.answer(1, 0), AnswerState::kValue);
  EXPECT_EQ(rows_.answer(0, 1), AnswerState::kValue);
  EXPECT_EQ(At(1, 0), Value(int64_t{2}));
}

TEST_F(WindowRowsTest, WhatIsNotInMemoryNeedsTheDisk) {
  Write("ann", 30, "bakery");
  ASSERT_TRUE(store_->Flush().ok());
  Open();

  Read({"ann", "nobody"}, {0}, /*from_disk=*/false);
  EXPECT_EQ(rows_.state(0), State::kNeedsDisk);
  Read({"ann", "nobody"}, {0});
  EXPECT_EQ(At(0, 0), Value(int64_t{1}));
  EXPECT_EQ(At(1, 0), Value(int64_t{0}));
}

TEST_F(WindowRowsTest, ADamagedBlockIsCorruptForItsEntityOnly) {
  Write("ann", 30, "bakery");
  Write("bob", 30, "bakery");
  Read({"ann"}, {0});
  LiveBatch batch;
  ASSERT_TRUE(store_->generations()
                  .at(1)
                  ->Scan("",
                         [&](std::string_view key, std::string_view) {
                           if (key.starts_with("ann")) {
                             batch.Put(*store_->generations().at(1), key,
                                       "no block");
                           }
                           return true;
                         })
                  .ok());
  ASSERT_TRUE(store_->Apply(batch, store_->applied() + 1).ok());

  Read({"ann", "bob"}, {0});

  EXPECT_EQ(rows_.state(0), State::kCorrupt);
  EXPECT_EQ(At(1, 0), Value(int64_t{1}));
}

}  // namespace
}  // namespace freshet
