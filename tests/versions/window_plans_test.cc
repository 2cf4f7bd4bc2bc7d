// SPDX-License-Identifier: Apache-2.0
// Plans with views of windows beside those of rows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "features/check.h"
#include "tests/live_applier/live_kit.h"
#include "versions/serving_set.h"

namespace freshet {
namespace {

using enum AggregateFunction;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kUsers =
    "project: test\n"
    "entities:\n"
    "  - name: user\n"
    "    join_keys: [{name: user, type: string}]\n"
    "  - name: number\n"
    "    join_keys: [{name: user, type: int64}]\n"
    "batch_feature_views:\n"
    "  - name: users\n"
    "    entities: [user]\n"
    "    source: {path: users}\n"
    "    features: [{name: age, type: int32}]\n"
    "  - name: numbers\n"
    "    entities: [number]\n"
    "    source: {path: numbers}\n"
    "    features: [{name: square, type: int64}]\n";

class WindowPlansTest : public ::testing::Test {
 protected:
  void SetUp() override {
    kit_.AddView({.name = "payments",
                  .source = "payments",
                  .aggregations = {
                      {.column = "cents",
                       .functions = {{.function = kCount}, {.function = kSum}},
                       .windows_micros = {kHour, 7 * kDay}}}});
    ParsedFile file = ParseAndCheck(kUsers);
    ASSERT_TRUE(file.problems.empty());
    file.definitions.services.push_back(
        {.name = "model",
         .description = "",
         .owner = "",
         .tags = {},
         .features = {{"payments", "cents_sum_7d", {}},
                      {"users", "age", {}},
                      {"payments", "cents_count_1h", {}}},
         .at = {}});
    std::vector<ServedView> views;
    for (const BatchFeatureView& view : file.definitions.batch_views) {
      ServedView served;
      served.definition = view;
      for (const JoinKey& key : file.definitions.JoinKeysOf(view.entities)) {
        served.key.push_back({key.name, key.type});
      }
      served.feature_ids = {1};
      views.push_back(std::move(served));
    }
    const std::shared_ptr<const WindowedViewPlan> plan(&kit_.plan(0),
                                                       [](auto*) {});
    generation_ =
        kit_.store().generations().at(LiveApplier::kPositionsGeneration + 1);
    set_ = std::make_unique<ServingSet>(
        std::make_shared<const Definitions>(std::move(file.definitions)),
        "hash", std::move(views),
        std::vector<ServedWindows>{{.definition = {.name = "payments"},
                                    .plan = plan,
                                    .generation = generation_}});
  }

  std::string ErrorOf(std::vector<std::string> references,
                      const VersionChoice& choice = {}) const {
    return set_->MakePlan(references, choice).status().ToString();
  }

  LiveKit kit_;
  LiveGeneration::Ptr generation_;
  std::unique_ptr<ServingSet> set_;
};

TEST_F(WindowPlansTest, AServiceMixesWindowsAndRows) {
  const auto plan = set_->ServicePlan("model");
  ASSERT_TRUE(plan.ok()) << plan.status();

  const Plan& made = **plan;
  ASSERT_EQ(made.views.size(), 2U);
  EXPECT_EQ(made.views[0].generation, generation_);
  EXPECT_EQ(made.views[1].windows, nullptr);
  ASSERT_EQ(made.features.size(), 3U);
  EXPECT_EQ(made.features[0].name, "payments.cents_sum_7d");
  EXPECT_EQ(made.features[2].type.ToString(), "int64");
  ASSERT_EQ(made.keys.size(), 1U);
  // Only what is asked for is computed.
  const std::vector<Column>& columns = made.views[0].windows->schema.columns();
  ASSERT_EQ(columns.size(), 2U);
  EXPECT_EQ(columns[*made.features[0].column].name, "cents_sum_7d");
  EXPECT_EQ(columns[*made.features[2].column].name, "cents_count_1h");
}

TEST_F(WindowPlansTest, AFeatureThatIsAskedForTwiceIsComputedOnce) {
  const auto plan = set_->MakePlan(
      std::vector<std::string>{"payments.*", "payments.cents_sum_1h"}, {});
  ASSERT_TRUE(plan.ok()) << plan.status();

  EXPECT_EQ((*plan)->features.size(), 5U);
  EXPECT_EQ((*plan)->views[0].windows->outputs.size(), 4U);
  EXPECT_THAT((*plan)->views[0].features, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_EQ((*plan)->features[4].column, (*plan)->features[2].column);
}

TEST_F(WindowPlansTest, WhatIsNotThereIsSaid) {
  EXPECT_THAT(ErrorOf({"payments.cents_sum_2h"}),
              HasSubstr("view 'payments' has no feature 'cents_sum_2h'; "
                        "nearest: 'cents_sum_"));
  EXPECT_THAT(ErrorOf({"payment.cents_sum_1h"}),
              HasSubstr("no view 'payment'; nearest: 'payments'"));
  EXPECT_THAT(ErrorOf({"payments.*"}, {.label = "", .pins = {{"payments", 3}}}),
              HasSubstr("view 'payments' is computed from a stream and has no "
                        "versions"));
  EXPECT_THAT(ErrorOf({"payments.*"}, {.label = "canary", .pins = {}}),
              HasSubstr("no view asked for carries the label 'canary'"));
  EXPECT_THAT(ErrorOf({"payments.*", "numbers.square"}),
              HasSubstr("join key 'user' is int64 in view 'numbers' and "
                        "string"));
}

}  // namespace
}  // namespace freshet
