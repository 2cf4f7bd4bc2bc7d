// SPDX-License-Identifier: Apache-2.0
// Entities that are parts of a view's key.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "tests/upserts/forget_kit.h"

namespace freshet {
namespace {

using testing::IsEmpty;

// With a view of users and items.
class ForgetPairTest : public ForgetTest {
 protected:
  ForgetPairTest() { Pair("user"); }

  // The view is of that entity, and of items.
  void Pair(const std::string& entity) {
    ApplyRequest request;
    request.text = fmt::format(R"(
project: test
entities:
  - name: user
    join_keys: [{{name: user_id, type: string}}]
  - name: person
    join_keys: [{{name: user_id, type: string}}]
  - name: item
    join_keys: [{{name: shop, type: string}}, {{name: item_id, type: int64}}]
batch_feature_views:
  - name: pair
    entities: [{}, item]
    source: {{path: pair.csv, format: csv}}
    features: [{{name: n, type: string}}]
)",
                               entity);
    request.author = "test";
    request.allow_delete = true;
    const auto applied = store_->definitions().Apply(request);
    CHECK(applied.ok() && applied->applied);
  }

  void LoadPairs() {
    LoadRequest request;
    request.view = "pair";
    request.path = dir_.File("pairs.csv");
    std::string text = "user_id,shop,item_id,n\n";
    for (const char* user : {"ada", "bob"}) {
      for (int64_t item = 0; item < 3; ++item) {
        text += fmt::format("{0},s,{1},secret-{0}-{1}\n", user, item);
      }
    }
    CHECK(WriteFileSynced(request.path, text).ok());
    auto job = store_->loads().Start(request);
    ASSERT_TRUE(job.ok()) << job.status();
    while (job.ok() && !job->ended()) {
      job = store_->loads().WaitForChange(job->id, job->revision,
                                          std::chrono::seconds(60));
    }
    ASSERT_EQ(job->outcome, JobOutcome::kActive) << job->message;
  }

  size_t RowsServed() const {
    const Serving::SetPtr set = store_->serving().Current();
    size_t rows = 0;
    CHECK(set->FindView("pair")
              ->current
              ->Scan([&](std::string_view, std::string_view) {
                ++rows;
                return true;
              })
              .ok());
    return rows;
  }
};

TEST_F(ForgetPairTest, AllRowsWithTheEntityGo) {
  LoadPairs();
  ASSERT_EQ(RowsServed(), 6U);

  const auto user = store_->erasure().Forget(
      {.entity = "user", .keys = {{Value("ada")}}, .who = "ada"});
  ASSERT_TRUE(user.ok()) << user.status();
  EXPECT_FALSE(user->front().views[0].certain);
  EXPECT_EQ(RowsServed(), 3U);
  const auto item =
      store_->erasure().Forget({.entity = "item",
                                .keys = {{Value("s"), Value(int64_t{1})}},
                                .who = "ada"});
  ASSERT_TRUE(item.ok()) << item.status();
  EXPECT_EQ(RowsServed(), 2U);

  Erase();

  EXPECT_EQ(RowsServed(), 2U);
  EXPECT_THAT(FilesWith("secret-ada"), IsEmpty());
  EXPECT_THAT(FilesWith("secret-bob-1"), IsEmpty());
  EXPECT_THAT(FilesWith("secret-bob-0"), testing::SizeIs(1));
  EXPECT_EQ(store_->catalog()
                .state()
                ->views.at("pair")
                .versions.at(1)
                .manifest.live_rows,
            2);
  EXPECT_THAT(store_->erasure().List(), IsEmpty());
}

// What waits of a view that was of the entity before is another call's.
TEST_F(ForgetPairTest, ASecondCallSaysWhatItDidItself) {
  LoadPairs();
  const Erasure::Request ada = {
      .entity = "user", .keys = {{Value("ada")}}, .who = "ada"};
  const auto first = store_->erasure().Forget(ada);
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_THAT(first->front().views, testing::SizeIs(1));
  Pair("person");
  clock_.Advance(1'000'000);

  const auto second = store_->erasure().Forget(ada);

  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_THAT(second->front().views, IsEmpty());
  EXPECT_EQ(second->front().at_micros, clock_.NowMicros());
  EXPECT_THAT(store_->erasure().List(), testing::SizeIs(1));
}

}  // namespace
}  // namespace freshet
