// SPDX-License-Identifier: Apache-2.0
// From events to live rows.
#include "features/streams/row_collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "features/key_codec.h"

namespace freshet {
namespace {

using enum EventOutcome;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr int64_t kNow = 1'000'000;

const StreamSource kSource = {.name = "changes",
                              .fields = {{"user", {.kind = Kind::kString}},
                                         {"cents", {.kind = Kind::kInt64}},
                                         {"tier", {.kind = Kind::kString}},
                                         {"gone", {.kind = Kind::kBool}},
                                         {"at", {.kind = Kind::kTimestamp}}},
                              .timestamp_field = "at"};

BatchFeatureView ViewWith(LiveSource live) {
  BatchFeatureView view;
  view.name = "users";
  view.live = std::move(live);
  for (const char* name : {"tier", "amount"}) {
    Feature feature;
    feature.name = name;
    view.features.push_back(feature);
  }
  return view;
}

// As if a feature had been removed and another added.
RowSchema Schema(Kind amount = Kind::kInt64) {
  return RowSchema(
      3, {{"user", {.kind = Kind::kString}}},
      {{7, "tier", {.kind = Kind::kString}}, {2, "amount", {.kind = amount}}});
}

const LiveSource kLive = {.source = "changes",
                          .filter = "cents >= 0 or cents is null",
                          .columns = {{"amount",
                                       "CASE WHEN cents = 13 THEN cents * "
                                       "4611686018427387904 ELSE 1000 // "
                                       "(cents - 13) END"}},
                          .deleted = "gone"};

struct Change {
  std::optional<std::string> user = "ann";
  std::optional<int64_t> cents = 23;
  std::optional<std::string> tier = "gold";
  bool gone = false;
  std::optional<int64_t> at = 500;
};

class RowCollectorTest : public testing::Test {
 protected:
  void SetUp() override {
    auto plan = RowViewPlan::Make(kSource, ViewWith(kLive), Schema());
    ASSERT_TRUE(plan.ok()) << plan.status();
    plan_ = *std::move(plan);
    collector_ = std::make_unique<RowCollector>(*plan_);
  }

  std::vector<EventOutcome> Add(const std::vector<Change>& changes,
                                std::vector<uint8_t> duplicates = {}) {
    EventBatch events{.rows = changes.size()};
    for (const StreamField& field : kSource.fields) {
      events.fields.emplace_back().type = field.type;
      events.fields.back().Resize(changes.size());
    }
    const auto set = [&](size_t field, size_t row) -> ValueColumn& {
      events.fields[field].states[row] = RowState::kValue;
      return events.fields[field];
    };
    for (size_t i = 0; i < changes.size(); ++i) {
      const Change& change = changes[i];
      if (change.user) set(0, i).strings[i] = *change.user;
      if (change.cents) set(1, i).integers[i] = *change.cents;
      if (change.tier) set(2, i).strings[i] = *change.tier;
      set(3, i).integers[i] = change.gone ? 1 : 0;
      if (change.at) set(4, i).integers[i] = *change.at;
    }
    return collector_->Add(events, kNow, duplicates);
  }

  // What is to be written: text of each user's row.
  std::map<std::string, std::string> Rows() {
    std::map<std::string, std::string> rows;
    collector_->Take([&](std::string_view key, std::string_view bytes) {
      const auto row = DecodeLiveRow(bytes);
      ASSERT_TRUE(row.ok()) << row.status();
      ASSERT_TRUE(row->whole.has_value());
      std::string text = std::to_string(row->whole->time_micros);
      if (row->whole->deleted) text += " deleted";
      for (const LiveCell& cell : row->cells) {
        text += " " + std::to_string(cell.feature) + "=" +
                (cell.storage == Storage::kStrings
                     ? std::string(cell.value.text)
                     : std::to_string(cell.value.integer));
      }
      const auto user = DecodeKey(
          std::vector<KeyPart>{{"user", {.kind = Kind::kString}}}, key);
      ASSERT_TRUE(user.ok());
      rows[std::get<std::string>(user->front().v)] = text;
    });
    return rows;
  }

  std::optional<RowViewPlan> plan_;
  std::unique_ptr<RowCollector> collector_;
};

TEST_F(RowCollectorTest, AnEventIsTheRowOfItsKey) {
  EXPECT_THAT(Add({{.user = "ann"},
                   {.user = "bob", .cents = std::nullopt},
                   {.user = "cid", .gone = true}}),
              ElementsAre(kAdded, kAdded, kAdded));

  const auto rows = Rows();

  EXPECT_EQ(rows.at("ann"), "500 2=100 7=gold");  // By the features' ids.
  EXPECT_EQ(rows.at("bob"), "500 7=gold");
  EXPECT_EQ(rows.at("cid"), "500 deleted");
  EXPECT_TRUE(Rows().empty());
}

TEST_F(RowCollectorTest, WhatTheViewDoesNotTakeIsSaid) {
  EXPECT_THAT(Add({{.cents = -1},
                   {.cents = 13},
                   {.user = std::nullopt},
                   {.at = std::nullopt},
                   {.user = "ann"}},
                  {0, 0, 0, 0, 1}),
              ElementsAre(kFiltered, kFailed, kNoKey, kNoTime, kDuplicate));
  EXPECT_TRUE(Rows().empty());
}

TEST_F(RowCollectorTest, TheNewestOfOneTickIsWritten) {
  Add({{.tier = "old", .at = 400}, {.tier = "new", .at = 600}});
  Add({{.tier = "between", .at = 500}});

  EXPECT_EQ(Rows().at("ann"), "600 2=100 7=new");
}

// It is what was said last, whatever our clock says.
TEST_F(RowCollectorTest, ARowOfTheFutureIsARow) {
  EXPECT_THAT(Add({{.at = kNow + 5}}), ElementsAre(kAdded));
  EXPECT_EQ(Rows().at("ann"), std::to_string(kNow + 5) + " 2=100 7=gold");
}

// Whatever the rest of it would be.
TEST_F(RowCollectorTest, ADeleteThatAFeatureFailsOnIsADelete) {
  EXPECT_THAT(Add({{.cents = 13, .gone = true}}), ElementsAre(kAdded));
  EXPECT_EQ(Rows().at("ann"), "500 deleted");
}

// An event of each user at 500 that says nulls of all else.
EventBatch EventsOf(const std::vector<std::string_view>& users) {
  EventBatch events{.rows = users.size()};
  for (const StreamField& field : kSource.fields) {
    events.fields.emplace_back().type = field.type;
    events.fields.back().Resize(users.size());
    events.absent.emplace_back(users.size(), 0);
  }
  for (size_t row = 0; row < users.size(); ++row) {
    events.fields[0].states[row] = events.fields[4].states[row] =
        RowState::kValue;
    events.fields[0].strings[row] = users[row];
    events.fields[4].integers[row] = 500;
  }
  return events;
}

// Of a user, cents and tier: what the event says nothing of is absent.
TEST(PartialRowTest, Rule10OnlyWhatIsSaidChanges) {
  LiveSource live = kLive;
  live.partial = true;
  const auto plan = RowViewPlan::Make(kSource, ViewWith(live), Schema());
  ASSERT_TRUE(plan.ok()) << plan.status();
  RowCollector collector(*plan);
  EventBatch events = EventsOf({"a", "b", "c"});
  events.fields[1].states[0] = RowState::kValue;  // a: cents, and not a word
  events.fields[1].integers[0] = 23;              // of the tier.
  events.absent[2][0] = 1;
  events.absent[1][1] = 1;                        // b: that the tier is null.
  events.fields[3].states[2] = RowState::kValue;  // c: deleted.
  events.fields[3].integers[2] = 1;
  collector.Add(events, kNow, {});

  std::map<std::string, LiveRow> rows;
  std::vector<std::string> kept;
  kept.reserve(3);
  collector.Take([&](std::string_view key, std::string_view bytes) {
    kept.emplace_back(bytes);
    rows[std::string(key)] = *DecodeLiveRow(kept.back());
  });

  ASSERT_EQ(rows.size(), 3U);
  EXPECT_FALSE(rows["a"].whole.has_value());
  ASSERT_EQ(rows["a"].cells.size(), 1U);
  EXPECT_EQ(rows["a"].cells[0].feature, 2U);
  EXPECT_EQ(rows["a"].cells[0].value.integer, 100);
  ASSERT_EQ(rows["b"].cells.size(), 1U);
  EXPECT_EQ(rows["b"].cells[0].feature, 7U);
  EXPECT_TRUE(rows["b"].cells[0].value.null);
  EXPECT_TRUE(rows["c"].whole->deleted);
}

// Also where an expression would make a value of nothing.
TEST(PartialRowTest, Rule10NothingSaidIsNothingChanged) {
  LiveSource live = kLive;
  live.partial = true;
  live.columns = {{"tier", "coalesce(tier, 'none')"}, {"amount", "7"}};
  const auto plan = RowViewPlan::Make(kSource, ViewWith(live), Schema());
  ASSERT_TRUE(plan.ok()) << plan.status();
  RowCollector collector(*plan);
  EventBatch events = EventsOf({"a", "b"});
  events.absent[2][0] = 1;  // a says nothing of the tier, b that it is null.
  collector.Add(events, kNow, {});

  std::map<std::string, std::vector<uint32_t>> features;
  collector.Take([&](std::string_view key, std::string_view bytes) {
    const LiveRow row = *DecodeLiveRow(bytes);
    for (const LiveCell& cell : row.cells) {
      features[std::string(key)].push_back(cell.feature);
    }
  });

  EXPECT_THAT(features["a"], ElementsAre(2));  // The constant.
  EXPECT_THAT(features["b"], ElementsAre(2, 7));
}

TEST(PartialRowTest, AFeatureThatNoEventSaysIsLeftToTheSnapshot) {
  LiveSource live = kLive;
  live.partial = true;
  live.columns.clear();
  const auto plan = RowViewPlan::Make(kSource, ViewWith(live), Schema());
  ASSERT_TRUE(plan.ok()) << plan.status();
  ASSERT_EQ(plan->features.size(), 1U);
  EXPECT_EQ(plan->features[0].id, 7U);
}

std::string Refusal(const LiveSource& live, const RowSchema& schema) {
  const auto plan = RowViewPlan::Make(kSource, ViewWith(live), schema);
  return plan.ok() ? "" : std::string(plan.status().message());
}

TEST(RowViewPlanTest, WhatDoesNotFitIsNamed) {
  EXPECT_EQ(Refusal(kLive, Schema()), "");
  EXPECT_THAT(Refusal(kLive, Schema(Kind::kString)),
              HasSubstr("view 'users': feature 'amount' is string, and the "
                        "column of that name of its live rows is int64"));
  LiveSource live = kLive;
  live.columns.clear();
  EXPECT_THAT(Refusal(live, Schema()),
              HasSubstr("view 'users': column 'amount', `\"amount\"`"));
  live = kLive;
  live.columns["tire"] = "tier";
  EXPECT_THAT(Refusal(live, Schema()),
              HasSubstr("'tire' among the columns of its live rows is neither "
                        "a join key nor a feature"));
  live = kLive;
  live.deleted = "cents";
  EXPECT_THAT(Refusal(live, Schema()),
              HasSubstr("deleted `cents` is int64, not bool"));
  live = kLive;
  live.filter = "cents";
  EXPECT_THAT(Refusal(live, Schema()),
              HasSubstr("filter `cents` is int64, not bool"));
  live = kLive;
  live.columns["user"] = "cents";
  EXPECT_THAT(Refusal(live, Schema()),
              HasSubstr("join key 'user' is string, and the column of that "
                        "name is int64"));
}

}  // namespace
}  // namespace freshet
