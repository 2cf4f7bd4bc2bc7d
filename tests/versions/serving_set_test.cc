// SPDX-License-Identifier: Apache-2.0
#include "versions/serving_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/versions/store_kit.h"

namespace freshet {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kTwoViews =
    "project: test\n"
    "entities:\n"
    "  - name: user\n"
    "    join_keys: [{name: id, type: string}]\n"
    "  - name: visit\n"
    "    join_keys: [{name: id, type: string}, {name: hour, type: int64}]\n"
    "  - name: number\n"
    "    join_keys: [{name: id, type: int64}]\n"
    "batch_feature_views:\n"
    "  - name: user\n"
    "    entities: [user]\n"
    "    source: {path: user}\n"
    "    ttl: 1h\n"
    "    features:\n"
    "      - {name: age, type: int32, default: 18}\n"
    "      - {name: name, type: string}\n"
    "  - name: visit\n"
    "    entities: [visit]\n"
    "    source: {path: visit}\n"
    "    features: [{name: pages, type: \"float[3]\"}]\n"
    "  - name: number\n"
    "    entities: [number]\n"
    "    source: {path: number}\n"
    "    features: [{name: square, type: int64}]\n"
    "feature_services:\n"
    "  - name: model\n"
    "    features: [visit.pages, user.name, user.age]\n"
    "  - name: model_v2\n"
    "    features: [user.age]\n";

class ServingSetTest : public ::testing::Test {
 protected:
  ServingSetTest() { kit_.Apply(std::string(kTwoViews)); }

  const ServingSet& Set() {
    set_ = kit_.parts->serving.Current();
    return *set_;
  }
  absl::StatusOr<std::shared_ptr<const Plan>> Make(
      std::vector<std::string> references, const VersionChoice& choice = {}) {
    return Set().MakePlan(references, choice);
  }
  std::string ErrorOf(std::vector<std::string> references,
                      const VersionChoice& choice = {}) {
    return Make(std::move(references), choice).status().ToString();
  }

  StoreKit kit_;
  Serving::SetPtr set_;
};

std::vector<std::string> Names(const Plan& plan) {
  std::vector<std::string> names;
  for (const PlannedFeature& feature : plan.features) {
    names.push_back(feature.name);
  }
  return names;
}

TEST_F(ServingSetTest, ServicePlanIsPreparedOnce) {
  const auto first = Set().ServicePlan("model");
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(*first, *Set().ServicePlan("model"));
}

TEST_F(ServingSetTest, PlanKeepsTheOrderAskedForAndEachViewOnce) {
  const Plan& plan = **Set().ServicePlan("model");
  EXPECT_THAT(Names(plan), ElementsAre("visit.pages", "user.name", "user.age"));
  ASSERT_EQ(plan.views.size(), 2u);
  EXPECT_EQ(plan.views[0].name, "visit");
  EXPECT_THAT(plan.views[1].features, ElementsAre(1, 2));
  EXPECT_EQ(plan.features[2].view, 1u);
}

TEST_F(ServingSetTest, SharedJoinKeyIsWantedOnce) {
  const Plan& plan = **Set().ServicePlan("model");
  ASSERT_EQ(plan.keys.size(), 2u);
  EXPECT_EQ(plan.keys[0].name, "id");
  EXPECT_EQ(plan.keys[1].name, "hour");
}

TEST_F(ServingSetTest, PlanHoldsTypeDefaultAndTtl) {
  const auto made = Make({"user.age"});
  ASSERT_TRUE(made.ok());
  const Plan& plan = **made;
  EXPECT_EQ(plan.features[0].type.kind, Kind::kInt32);
  EXPECT_EQ(plan.features[0].default_value, Value(int64_t{18}));
  EXPECT_EQ(plan.views[0].ttl_micros, 3600 * kSecondMicros);
}

TEST_F(ServingSetTest, StarIsAllOfAView) {
  const auto plan = Make({"number.square", "user.*"});
  EXPECT_EQ(plan.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Names(**Make({"visit.pages", "user.*"})),
              ElementsAre("visit.pages", "user.age", "user.name"));
}

TEST_F(ServingSetTest, JoinKeyOfTwoTypesIsRefusedByName) {
  EXPECT_THAT(ErrorOf({"user.age", "number.square"}),
              AllOf(HasSubstr("INVALID_ARGUMENT"), HasSubstr("join key 'id'"),
                    HasSubstr("int64"), HasSubstr("string")));
}

TEST_F(ServingSetTest, UnknownServiceListsTheNearest) {
  const auto plan = Set().ServicePlan("modle");
  EXPECT_EQ(plan.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(plan.status().message()),
              AllOf(HasSubstr("'modle'"), HasSubstr("'model'")));
  EXPECT_EQ(Set().MakeServicePlan("modle", {}).status(), plan.status());
}

TEST_F(ServingSetTest, UnknownViewAndFeatureListTheNearest) {
  EXPECT_THAT(ErrorOf({"usr.age"}),
              AllOf(HasSubstr("NOT_FOUND"), HasSubstr("nearest: 'user'")));
  EXPECT_THAT(ErrorOf({"user.agee"}),
              AllOf(HasSubstr("NOT_FOUND"), HasSubstr("nearest: 'age'")));
  EXPECT_THAT(ErrorOf({"user.zzzzzzzz"}), HasSubstr("there is: 'age', 'name'"));
}

TEST_F(ServingSetTest, WhatIsNoReferenceIsInvalid) {
  for (const char* reference : {"", "user", ".age", "user."}) {
    EXPECT_THAT(ErrorOf({reference}), HasSubstr("INVALID_ARGUMENT"))
        << reference;
  }
}

TEST_F(ServingSetTest, ViewWithoutAVersionHasAPlan) {
  const auto plan = Make({"user.age"});
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ((*plan)->views[0].version, nullptr);
  EXPECT_FALSE((*plan)->features[0].column.has_value());
}

TEST_F(ServingSetTest, LabelChoosesWhereAViewCarriesIt) {
  kit_.Load({.value = 5});
  kit_.Load({.value = 6});
  ASSERT_TRUE(kit_.parts->actions.SetLabel("user", "canary", 1).ok());

  const auto plan =
      Set().MakeServicePlan("model", {.label = "canary", .pins = {}});

  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ((*plan)->views[0].version, nullptr);  // visit has no such label.
  EXPECT_EQ((*plan)->views[1].version->manifest().version, 1);
  EXPECT_EQ((*Set().ServicePlan("model"))->views[1].version->manifest().version,
            2);
}

TEST_F(ServingSetTest, PinChoosesBeforeALabel) {
  kit_.Load();
  kit_.Load();
  ASSERT_TRUE(kit_.parts->actions.SetLabel("user", "canary", 1).ok());
  const auto plan =
      Make({"user.age"}, {.label = "canary", .pins = {{"user", 2}}});
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ((*plan)->views[0].version->manifest().version, 2);
}

TEST_F(ServingSetTest, LabelThatNoViewCarriesIsNotFound) {
  kit_.Load();
  ASSERT_TRUE(kit_.parts->actions.SetLabel("user", "canary", 1).ok());
  EXPECT_THAT(ErrorOf({"user.age"}, {.label = "canari", .pins = {}}),
              AllOf(HasSubstr("NOT_FOUND"), HasSubstr("'canary'")));
  EXPECT_THAT(ErrorOf({"visit.pages"}, {.label = "canary", .pins = {}}),
              HasSubstr("NOT_FOUND"));
}

TEST_F(ServingSetTest, VersionThatIsNotOpenIsNotFoundAndSaysHowToOpenIt) {
  kit_.Load();
  kit_.Load();
  EXPECT_THAT(ErrorOf({"user.age"}, {.label = "", .pins = {{"user", 1}}}),
              AllOf(HasSubstr("NOT_FOUND"), HasSubstr("open: 2"),
                    HasSubstr("freshet pin user 1")));
}

TEST_F(ServingSetTest, PinOfVersionZeroIsNotTheCurrentVersion) {
  kit_.Load();
  EXPECT_THAT(ErrorOf({"user.age"}, {.label = "", .pins = {{"user", 0}}}),
              HasSubstr("no open version 0"));
}

TEST_F(ServingSetTest, PinOfAnUnknownViewIsNotFound) {
  EXPECT_THAT(ErrorOf({"user.age"}, {.label = "", .pins = {{"usr", 1}}}),
              HasSubstr("no view 'usr'"));
}

TEST_F(ServingSetTest, PinOfAViewNotAskedForIsIgnored) {
  EXPECT_TRUE(Make({"user.age"}, {.label = "", .pins = {{"visit", 1}}}).ok());
}

TEST(EmptyServingSetTest, HasNothing) {
  const ServingSet set;
  EXPECT_EQ(set.FindView("user"), nullptr);
  EXPECT_EQ(set.ServicePlan("model").status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(set.MakeServicePlan("model", {}).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(ServingSetTest, ListOfReferencesIsPlannedOncePerSet) {
  const auto first = Make({"user.age", "user.name"});
  const auto again = Make({"user.age", "user.name"});
  const auto other_order = Make({"user.name", "user.age"});

  ASSERT_TRUE(first.ok() && again.ok() && other_order.ok());
  EXPECT_EQ(*first, *again);
  EXPECT_THAT(Names(**other_order), ElementsAre("user.name", "user.age"));

  kit_.Apply(std::string(kTwoViews) +
             "  - name: one_more\n"
             "    features: [user.age]\n");
  const auto in_next_set = Make({"user.age", "user.name"});
  ASSERT_TRUE(in_next_set.ok());
  EXPECT_NE(*first, *in_next_set);
}

TEST_F(ServingSetTest, ReferenceThatHoldsTwoIsNotTakenForThem) {
  ASSERT_TRUE(Make({"user.age", "user.name"}).ok());
  for (const char between : {'\0', '\n', ','}) {
    const std::string joined = std::string("user.age") + between + "user.name";
    EXPECT_TRUE(absl::IsNotFound(Make({joined}).status()));
  }
}

TEST(PlanMemoTest, ForgetsAllWhenFull) {
  PlanMemo memo;
  const auto plan = std::make_shared<Plan>();
  plan->features.resize(PlanMemo::kFeaturesMax / 2);
  const std::vector<std::string> a = {"a.x"}, b = {"b.x"}, c = {"c.x"};

  memo.Keep(a, plan);
  memo.Keep(a, plan);  // Counted once.
  memo.Keep(b, plan);
  EXPECT_EQ(memo.Find(a), plan);
  EXPECT_EQ(memo.Find(b), plan);

  memo.Keep(c, plan);
  EXPECT_EQ(memo.Find(a), nullptr);
  EXPECT_EQ(memo.Find(b), nullptr);
  EXPECT_EQ(memo.Find(c), plan);
}

TEST(PlanMemoTest, KeepsNothingThatIsLargerThanItself) {
  PlanMemo memo;
  const auto wide = std::make_shared<Plan>();
  wide->features.resize(PlanMemo::kFeaturesMax + 1);
  const std::vector<std::string> all = {"a.*"};
  const std::vector<std::string> longest = {
      std::string(PlanMemo::kBytesMax, 'x')};

  memo.Keep(all, wide);
  memo.Keep(longest, std::make_shared<Plan>());

  EXPECT_EQ(memo.Find(all), nullptr);
  EXPECT_EQ(memo.Find(longest), nullptr);
}

}  // namespace
}  // namespace freshet
