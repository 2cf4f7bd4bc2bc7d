// SPDX-License-Identifier: Apache-2.0
// Windows in replies: what a view of them answers, by the same writer as rows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "features/key_codec.h"
#include "freshet/v1/online.pb.h"
#include "server/online/reply_writer.h"
#include "tests/live_applier/live_kit.h"

namespace freshet {
namespace {

using enum AggregateFunction;
using testing::ElementsAre;

constexpr int64_t kNow = 16'000 * kDay + 5 * kHour + 17;
constexpr int kDistinctColumn = 6;
constexpr int kTopColumn = 7;

class WindowReplyTest : public testing::Test {
 protected:
  void SetUp() override {
    kit_.AddView({.name = "user_payments",
                  .source = "payments",
                  .aggregations = {
                      {.column = "cents",
                       .functions = {{.function = kCount},
                                     {.function = kSum},
                                     {.function = kMean},
                                     {.function = kLastN, .n = 2}},
                       .windows_micros = {kHour}},
                      {.column = "cents",
                       .functions = {{.function = kSum}},
                       .windows_micros = {kHour},
                       .by = "id",
                       .max_groups = 2},
                      {.column = "cents",
                       .functions = {{.function = kCountDistinct, .size = 16},
                                     {.function = kTopK, .n = 2, .size = 16}},
                       .windows_micros = {kHour}}}});
    const WindowedViewPlan& windows = kit_.plan(0);
    std::vector<size_t> all(windows.features.size());
    std::iota(all.begin(), all.end(), 0);
    PlannedView view;
    view.name = "user_payments";
    view.windows = std::make_shared<const WindowFeatures>(
        std::shared_ptr<const WindowedViewPlan>(&windows, [](auto*) {}), all);
    view.generation =
        kit_.store().generations().at(LiveApplier::kPositionsGeneration + 1);
    plan_.views.push_back(std::move(view));
    for (size_t i = 0; i < all.size(); ++i) {
      PlannedFeature feature;
      feature.name = "user_payments." + windows.features[i].name;
      feature.type = feature.stored_type = windows.features[i].type;
      feature.column = i;
      plan_.features.push_back(std::move(feature));
    }
  }

  void Write(const std::vector<Payment>& payments) {
    std::vector<LoggedEvents> batches;
    batches.push_back(PaymentEvents(payments, kNow, offset_));
    offset_ += static_cast<int64_t>(payments.size());
    ASSERT_TRUE(kit_.applier().Append(std::move(batches)).ok());
  }

  v1::GetFeaturesResponse Reply(const std::vector<std::string>& users) {
    std::vector<std::string> keys(users.size());
    std::vector<std::string_view> key_views;
    for (size_t i = 0; i < users.size(); ++i) {
      AppendKeyBytes(users[i], /*last=*/true, &keys[i]);
      key_views.push_back(keys[i]);
    }
    std::vector<ViewRows> rows(1);
    const auto go_on = [] { return true; };
    EXPECT_TRUE(rows[0].LookupCached(plan_.views[0], key_views, kNow, go_on));
    EXPECT_TRUE(rows[0].LookupDisk(go_on));
    rows[0].Judge();
    const std::vector<uint8_t> shared = {0};
    ReplySource source;
    source.plan = &plan_;
    source.views = rows;
    source.shared = shared;
    source.rows = users.size();
    ReplyWriter writer;
    std::string bytes(writer.Measure(source), '\0');
    writer.Write(bytes.data());
    v1::GetFeaturesResponse reply;
    EXPECT_TRUE(reply.ParseFromString(bytes));
    rows[0].Release();
    return reply;
  }

  // State, and cause where there is one.
  static std::vector<int> Statuses(const v1::Column& column) {
    std::vector<int> statuses;
    for (const char status : column.statuses()) {
      statuses.push_back(static_cast<uint8_t>(status));
    }
    return statuses;
  }

  LiveKit kit_;
  Plan plan_;
  int64_t offset_ = 0;
};

TEST_F(WindowReplyTest, EachEntityHasItsValues) {
  Write({{.cents = 30, .at = kNow - kMinute},
         {.cents = 12, .at = kNow - 2 * kMinute},
         {.user = "bob", .cents = 5, .at = kNow - 1}});

  const v1::GetFeaturesResponse reply = Reply({"ann", "nobody", "bob"});

  ASSERT_EQ(reply.columns_size(), 8);
  EXPECT_THAT(reply.columns(0).int64s(), ElementsAre(2, 0, 1));
  EXPECT_THAT(reply.columns(1).int64s(), ElementsAre(42, 0, 5));
  EXPECT_THAT(reply.columns(2).doubles(), ElementsAre(21.0, 0.0, 5.0));
  EXPECT_THAT(reply.columns(3).int64s(), ElementsAre(12, 30, 5));
  EXPECT_THAT(Statuses(reply.columns(0)), ElementsAre(1, 1, 1));
  EXPECT_THAT(Statuses(reply.columns(1)), ElementsAre(1, 2, 1));
  EXPECT_THAT(Statuses(reply.columns(3)), ElementsAre(1, 2, 1));
}

TEST_F(WindowReplyTest, Rule24ASumThatDoesNotFitIsAnErrorOfItsOwn) {
  Write({{.cents = std::numeric_limits<int64_t>::max(), .at = kNow - kMinute},
         {.cents = 1, .at = kNow - kMinute}});

  const v1::GetFeaturesResponse reply = Reply({"ann"});

  EXPECT_THAT(Statuses(reply.columns(0)), ElementsAre(v1::STATE_PRESENT));
  EXPECT_THAT(Statuses(reply.columns(1)),
              ElementsAre(v1::STATE_ERROR | v1::CAUSE_OVERFLOW << 4));
}

TEST_F(WindowReplyTest, Rule31GroupsAreTwoListsInOneOrder) {
  Write({{.cents = 30, .at = kNow - kMinute, .id = 7},
         {.cents = 12, .at = kNow - 2 * kMinute, .id = -7},
         {.cents = 5, .at = kNow - 1, .id = 7},
         {.cents = 99, .at = kNow - 1, .id = std::nullopt},
         {.cents = std::nullopt, .at = kNow - 1, .id = 8}});

  const v1::GetFeaturesResponse reply = Reply({"ann", "nobody"});

  const v1::Column& sums = reply.columns(4);
  const v1::Column& keys = reply.columns(5);
  EXPECT_THAT(keys.int64s(), ElementsAre(-7, 7));
  EXPECT_THAT(sums.int64s(), ElementsAre(12, 35));
  EXPECT_THAT(keys.list_ends(), ElementsAre(2, 2));
  EXPECT_THAT(Statuses(keys), ElementsAre(1, 1)) << "of nobody: none";
  EXPECT_THAT(Statuses(sums), ElementsAre(1, 1));
}

TEST_F(WindowReplyTest, Rule31MoreGroupsThanAreKeptNeverLookWhole) {
  Write({{.cents = 1, .at = kNow - kMinute, .id = 1},
         {.cents = 2, .at = kNow - 2 * kMinute, .id = 2},
         {.cents = 3, .at = kNow - 3 * kMinute, .id = 3},
         {.user = "bob", .cents = 4, .at = kNow - 1, .id = 1}});

  v1::GetFeaturesResponse reply = Reply({"ann", "bob"});
  EXPECT_THAT(Statuses(reply.columns(1)), ElementsAre(1, 1)) << "of all";
  for (const int column : {4, 5}) {
    EXPECT_THAT(Statuses(reply.columns(column)),
                ElementsAre(v1::STATE_INCOMPLETE, v1::STATE_PRESENT));
    EXPECT_THAT(reply.columns(column).list_ends(), ElementsAre(0, 1));
  }

  plan_.views[0].on_incomplete = OnIncomplete::kValue;
  reply = Reply({"ann", "bob"});
  for (const int column : {4, 5}) {
    EXPECT_THAT(Statuses(reply.columns(column)),
                ElementsAre(v1::STATE_INCOMPLETE | v1::CAUSE_PARTIAL << 4,
                            v1::STATE_PRESENT));
    EXPECT_THAT(reply.columns(column).list_ends(), ElementsAre(2, 3));
  }
  // What is kept of a group is all of it.
  EXPECT_EQ(reply.columns(4).int64s(0), reply.columns(5).int64s(0));
  EXPECT_EQ(reply.columns(4).int64s(1), reply.columns(5).int64s(1));
}

TEST_F(WindowReplyTest, Rule25WhatIsMoreThanAFunctionKnowsExactlySaysSo) {
  const auto write = [this](const std::string& user, int values) {
    for (int cents = 0; cents < values; ++cents) {
      Write({{.user = user, .cents = cents, .at = kNow - kMinute}});
    }
  };
  write("ann", 16);
  write("bob", 33);  // Of top_k twice as many are exact.

  v1::GetFeaturesResponse reply = Reply({"ann", "bob"});
  constexpr int kApproximate = v1::STATE_PRESENT | v1::CAUSE_APPROXIMATE << 4;
  EXPECT_THAT(Statuses(reply.columns(0)), ElementsAre(1, 1)) << "a count";
  for (const int column : {kDistinctColumn, kTopColumn}) {
    EXPECT_THAT(Statuses(reply.columns(column)), ElementsAre(1, kApproximate));
  }
  EXPECT_EQ(reply.columns(kDistinctColumn).int64s(0), 16);
  EXPECT_GT(reply.columns(kDistinctColumn).int64s(1), 0);
  EXPECT_THAT(reply.columns(kTopColumn).list_ends(), ElementsAre(2, 4));

  // That not all is known is the worse of the two.
  plan_.views[0].coverage = std::make_shared<const Coverage>(kNow);
  plan_.views[0].on_incomplete = OnIncomplete::kValue;
  reply = Reply({"ann", "bob"});
  constexpr int kPartial = v1::STATE_INCOMPLETE | v1::CAUSE_PARTIAL << 4;
  EXPECT_THAT(Statuses(reply.columns(kTopColumn)),
              ElementsAre(kPartial, kPartial));
}

TEST_F(WindowReplyTest, Rule27AnUndercountNeverLooksPresent) {
  Write({{.cents = 30, .at = kNow - kMinute}});
  plan_.views[0].coverage =
      std::make_shared<const Coverage>(kNow - kHour + 60 * kSecond);

  v1::GetFeaturesResponse reply = Reply({"ann", "nobody"});

  for (const v1::Column& column : reply.columns()) {
    EXPECT_THAT(Statuses(column),
                ElementsAre(v1::STATE_INCOMPLETE, v1::STATE_INCOMPLETE));
  }
  EXPECT_THAT(reply.columns(1).int64s(), ElementsAre(0, 0));

  plan_.views[0].on_incomplete = OnIncomplete::kValue;
  reply = Reply({"ann", "nobody"});
  constexpr int kPartial = v1::STATE_INCOMPLETE | v1::CAUSE_PARTIAL << 4;
  EXPECT_THAT(Statuses(reply.columns(0)), ElementsAre(kPartial, kPartial));
  EXPECT_THAT(reply.columns(0).int64s(), ElementsAre(1, 0));
  EXPECT_THAT(Statuses(reply.columns(1)),
              ElementsAre(kPartial, v1::STATE_INCOMPLETE))
      << "of no events there is no sum";
  EXPECT_THAT(reply.columns(1).int64s(), ElementsAre(30, 0));
}

TEST_F(WindowReplyTest, Rule27AWindowIsWholeFromWhereItBegins) {
  // The hop of an hour's window is a minute.
  const int64_t begin = kNow / kMinute * kMinute - kHour;
  plan_.views[0].coverage = std::make_shared<const Coverage>(begin);
  EXPECT_THAT(Statuses(Reply({"ann"}).columns(0)),
              ElementsAre(v1::STATE_PRESENT));
  plan_.views[0].coverage = std::make_shared<const Coverage>(begin + 1);
  EXPECT_THAT(Statuses(Reply({"ann"}).columns(0)),
              ElementsAre(v1::STATE_INCOMPLETE));
}

TEST_F(WindowReplyTest, WhatCannotBeReadIsAnError) {
  plan_.views[0].generation = nullptr;
  const v1::GetFeaturesResponse reply = Reply({"ann", "bob"});
  constexpr int kError = v1::STATE_ERROR | v1::CAUSE_SOURCE_ERROR << 4;
  EXPECT_THAT(Statuses(reply.columns(0)), ElementsAre(kError, kError));
}

TEST_F(WindowReplyTest, ManyEntitiesAreReadInSteps) {
  std::vector<std::string> users;
  std::vector<Payment> payments;
  for (size_t i = 0; i < 3 * ViewRows::kKeysPerStep; ++i) {
    users.push_back("user " + std::to_string(i));
    payments.push_back({.user = users.back(),
                        .cents = static_cast<int64_t>(i),
                        .at = kNow - kMinute});
  }
  Write(payments);

  const v1::GetFeaturesResponse reply = Reply(users);

  for (size_t i = 0; i < users.size(); ++i) {
    EXPECT_EQ(reply.columns(1).int64s(static_cast<int>(i)),
              static_cast<int64_t>(i));
  }
}

}  // namespace
}  // namespace freshet
