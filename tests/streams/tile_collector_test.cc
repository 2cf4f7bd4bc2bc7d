// SPDX-License-Identifier: Apache-2.0
// From events to answers, with what the store does between replaced by a map.
#include "features/streams/tile_collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "features/key_codec.h"
#include "features/value_codec.h"
#include "features/windows/window_reader.h"

namespace freshet {
namespace {

using enum AggregateFunction;
using enum EventOutcome;
using testing::ElementsAre;

constexpr int64_t kMinute = 60'000'000;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;
constexpr int64_t kNow = 16'000 * kDay + 5 * kHour + 17;

struct Payment {
  std::optional<std::string> user = "ann";
  std::optional<int64_t> cents = 100;
  std::string status = "captured";
  std::optional<int64_t> at = kNow - kMinute;
};

const StreamSource kSource = {.name = "payments",
                              .fields = {{"user", {.kind = Kind::kString}},
                                         {"cents", {.kind = Kind::kInt64}},
                                         {"status", {.kind = Kind::kString}},
                                         {"at", {.kind = Kind::kTimestamp}}},
                              .timestamp_field = "at"};

const WindowedView kView = {
    .name = "user_payments",
    .source = "payments",
    .filter = "status = 'captured'",
    .columns = {{"amount", "cents / 100.0"}, {"part", "10000 // cents"}},
    .aggregations = {{.column = "amount",
                      .functions = {{.function = kSum}, {.function = kCount}},
                      .windows_micros = {kHour, 7 * kDay}},
                     {.column = "",
                      .functions = {{.function = kCount}},
                      .windows_micros = {kHour}},
                     {.column = "amount",
                      .functions = {{.function = kSum}},
                      .windows_micros = {30 * kMinute},
                      .mode = WindowMode::kExact}},
    .grace_micros = kHour};

class TileCollectorTest : public testing::Test {
 protected:
  void SetUp() override {
    auto plan = WindowedViewPlan::Make(kSource, kView,
                                       {{"user", {.kind = Kind::kString}}});
    ASSERT_TRUE(plan.ok()) << plan.status();
    plan_.emplace(*std::move(plan));
    collector_.emplace(*plan_);
  }

  // The payments must outlive what is done with them.
  EventBatch Batch(const std::vector<Payment>& payments) {
    EventBatch batch;
    batch.rows = payments.size();
    for (const StreamField& field : kSource.fields) {
      batch.fields.emplace_back();
      batch.fields.back().type = field.type;
      batch.fields.back().Resize(payments.size());
    }
    for (size_t row = 0; row < payments.size(); ++row) {
      const Payment& payment = payments[row];
      if (payment.user) {
        batch.fields[0].states[row] = RowState::kValue;
        batch.fields[0].strings[row] = *payment.user;
      }
      if (payment.cents) {
        batch.fields[1].states[row] = RowState::kValue;
        batch.fields[1].integers[row] = *payment.cents;
      }
      batch.fields[2].states[row] = RowState::kValue;
      batch.fields[2].strings[row] = payment.status;
      if (payment.at) {
        batch.fields[3].states[row] = RowState::kValue;
        batch.fields[3].integers[row] = *payment.at;
      }
      batch.partitions.push_back(0);
      batch.offsets.push_back(offset_++);
    }
    return batch;
  }

  void Store() {
    collector_->Take([&](std::string_view key, std::string_view block) {
      std::string& row = rows_[std::string(key)];
      row = row.empty() ? std::string(block) : *MergeBlocks({row, block});
    });
  }

  // All features of a user, in the order of the plan.
  std::vector<Value> Features(std::string_view user, int64_t now = kNow) {
    WindowReader reader(plan_->windows);
    std::vector<size_t> all;
    for (size_t i = 0; i < plan_->features.size(); ++i) all.push_back(i);
    reader.Prepare(all, now);
    std::vector<std::string_view> values;
    for (const BlockId& block : reader.blocks()) {
      std::string key;
      AppendKeyBytes(user, /*last=*/true, &key);
      std::string block_key;
      AppendBlockKey(key, block, &block_key);
      const auto found = rows_.find(block_key);
      values.push_back(found == rows_.end() ? std::string_view()
                                            : found->second);
    }
    EXPECT_TRUE(reader.Read(values).ok());
    std::vector<Value> features;
    for (size_t i = 0; i < all.size(); ++i) {
      std::string out;
      features.push_back(reader.AnswerOf(i, &out) == AnswerState::kValue
                             ? *DecodeValue(plan_->features[i].type, out)
                             : Value());
    }
    return features;
  }

  std::optional<WindowedViewPlan> plan_;
  std::optional<TileCollector> collector_;
  std::map<std::string, std::string> rows_;
  int64_t offset_ = 0;
};

TEST_F(TileCollectorTest, EventsBecomeFeaturesOfTheirEntity) {
  const std::vector<Payment> payments = {
      {.cents = 1'050},
      {.cents = 250, .at = kNow - 2 * kDay},
      {.user = "bob", .cents = 7},
      {.cents = std::nullopt},
  };

  EXPECT_THAT(collector_->Add(Batch(payments), kNow),
              ElementsAre(kAdded, kAdded, kAdded, kAdded));
  Store();

  // Sum of an hour and a week, count of both, rows of an hour, sum of exactly
  // half an hour.
  EXPECT_EQ(
      Features("ann"),
      (std::vector<Value>{Value(10.5), Value(13.0), Value(int64_t{1}),
                          Value(int64_t{2}), Value(int64_t{2}), Value(10.5)}));
  EXPECT_EQ(Features("bob")[0], Value(0.07));
  EXPECT_EQ(Features("nobody")[2], Value(int64_t{0}));
  EXPECT_TRUE(Features("nobody")[0].IsNull());
}

TEST_F(TileCollectorTest, Rule28AnEventThatCountsNowhereSaysWhy) {
  const std::vector<Payment> payments = {
      {.status = "refused"},
      {.at = kNow - 7 * kDay - 2 * kHour - 1},
      {.at = kNow - 7 * kDay - 2 * kHour},
      {.at = kNow},
      {.at = kNow - 1},
      {.at = std::nullopt},
      {.user = std::nullopt},
      {.user = std::string(5'000, 'x')},
  };

  EXPECT_THAT(collector_->Add(Batch(payments), kNow),
              ElementsAre(kFiltered, kLate, kAdded, kFuture, kAdded, kNoTime,
                          kNoKey, kNoKey));
}

TEST_F(TileCollectorTest, AnExpressionThatFailsOnAnEventFailsThatOneOnly) {
  WindowedView view = kView;
  view.columns["amount"] = "cents * 9223372036854775807";
  auto plan = WindowedViewPlan::Make(kSource, view,
                                     {{"user", {.kind = Kind::kString}}});
  ASSERT_TRUE(plan.ok()) << plan.status();
  TileCollector collector(*plan);
  const std::vector<Payment> payments = {{.cents = 1}, {.cents = 2}};

  EXPECT_THAT(collector.Add(Batch(payments), kNow),
              ElementsAre(kAdded, kFailed));
}

TEST_F(TileCollectorTest, Rule26AnExactWindowLetsAnEventGoToTheMicrosecond) {
  // Those of one microsecond, too, come and go together.
  const std::vector<Payment> payments = {
      {.cents = 100, .at = kNow - 30 * kMinute - 1},
      {.cents = 200, .at = kNow - 30 * kMinute},
      {.cents = 300, .at = kNow - 30 * kMinute},
      {.cents = 400, .at = kNow - 30 * kMinute + 1}};
  collector_->Add(Batch(payments), kNow);
  Store();
  EXPECT_EQ(Features("ann")[5], Value(9.0));
  EXPECT_EQ(Features("ann", kNow - 1)[5], Value(10.0));
  EXPECT_EQ(Features("ann", kNow + 1)[5], Value(4.0));
  EXPECT_TRUE(Features("ann", kNow + 2)[5].IsNull());
}

TEST_F(TileCollectorTest, ManyEventsOfAKeyAreOneBlockALevel) {
  std::vector<Payment> payments(500);

  collector_->Add(Batch(payments), kNow);
  collector_->Add(Batch(payments), kNow);

  EXPECT_EQ(collector_->blocks(), plan_->windows.levels().size());
  Store();
  EXPECT_EQ(collector_->blocks(), 0U);
  EXPECT_EQ(Features("ann")[2], Value(int64_t{1'000}));
}

TEST_F(TileCollectorTest, HowEventsAreCutIntoBatchesDoesNotMatter) {
  std::mt19937_64 random(20'130'310);
  std::vector<Payment> payments;
  for (int i = 0; i < 400; ++i) {
    payments.push_back(
        {.user = random() % 2 == 0 ? "ann" : "bob",
         .cents = static_cast<int64_t>(random() % 10'000),
         .at = kNow - 1 -
               static_cast<int64_t>(
                   random() % (random() % 2 == 0 ? 8 * kDay : 31 * kMinute))});
  }
  collector_->Add(Batch(payments), kNow);
  Store();
  const std::vector<Value> ann = Features("ann");
  const std::vector<Value> bob = Features("bob");
  rows_.clear();

  std::shuffle(payments.begin(), payments.end(), random);
  for (size_t at = 0; at < payments.size();) {
    const size_t end = std::min(payments.size(), at + 1 + random() % 40);
    const std::vector<Payment> some(
        payments.begin() + static_cast<int64_t>(at),
        payments.begin() + static_cast<int64_t>(end));
    collector_->Add(Batch(some), kNow);
    if (random() % 2 == 0) Store();
    at = end;
  }
  Store();

  EXPECT_EQ(Features("ann"), ann);
  EXPECT_EQ(Features("bob"), bob);
}

}  // namespace
}  // namespace freshet
