// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/daemon_kit.h"

namespace freshet {
namespace {

using ::testing::HasSubstr;

std::vector<KitRow> Items() {
  return {{{Value(int64_t{1})}, kNow, {Value(1.5)}},
          {{Value(int64_t{2})}, kNow, {Value(2.5)}}};
}

v1::KeyColumn Numbers(const std::string& name,
                      const std::vector<int64_t>& values) {
  v1::KeyColumn column;
  column.set_name(name);
  for (const int64_t value : values) column.add_int64s(value);
  return column;
}

grpc::Status Forget(DaemonKit& kit, const std::vector<v1::KeyColumn>& keys,
                    v1::ForgetResponse* response,
                    const std::string& entity = "item") {
  v1::ForgetRequest request;
  request.set_entity(entity);
  for (const v1::KeyColumn& key : keys) *request.add_keys() = key;
  grpc::ClientContext context;
  return kit.admin->Forget(&context, request, response);
}

TEST(ForgetTest, AnswersWithThemNoMoreAndSaysWhereTheyAre) {
  DaemonKit kit;
  kit.Load("item", Items());
  v1::GetFeaturesRequest ask;
  ask.add_features("item.price");
  *ask.add_keys() = Numbers("item_id", {1, 2});
  v1::GetFeaturesResponse before;
  ASSERT_TRUE(kit.Get(ask, &before).ok());

  v1::ForgetResponse forgotten;
  const grpc::Status status =
      Forget(kit, {Numbers("item_id", {1, 9})}, &forgotten);

  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(forgotten.keys_size(), 2);
  EXPECT_EQ(forgotten.keys(0).entity(), "item");
  EXPECT_EQ(forgotten.keys(0).hash().size(), 16U);
  EXPECT_GE(forgotten.keys(0).at_micros(), kNow);
  ASSERT_EQ(forgotten.keys(0).views_size(), 2);  // Of `item` and of `pair`.
  const auto& in = forgotten.keys(0).views(0);
  EXPECT_EQ(in.view(), "item");
  EXPECT_EQ(in.until_version(), 1);
  EXPECT_TRUE(in.certain());
  ASSERT_EQ(in.versions_size(), 1);
  EXPECT_EQ(in.versions(0), 1);
  EXPECT_EQ(in.erase_micros(), forgotten.keys(0).at_micros() + 3600 * kSecond);
  EXPECT_EQ(forgotten.keys(1).views(0).versions_size(), 0);
  v1::GetFeaturesResponse after;
  ASSERT_TRUE(kit.Get(ask, &after).ok());
  EXPECT_NE(after.columns(0).statuses()[0], before.columns(0).statuses()[0]);
  EXPECT_EQ(after.columns(0).statuses()[1], before.columns(0).statuses()[1]);

  grpc::ClientContext context;
  v1::ForgetResponse list;
  ASSERT_TRUE(kit.admin->ListForgotten(&context, {}, &list).ok());
  ASSERT_GE(list.keys_size(), 1);  // The other may be gone: it is nowhere.
  EXPECT_EQ(list.keys(0).hash(), forgotten.keys(0).hash());
}

TEST(ForgetTest, EachJoinKeyIsGivenOnceWithAsManyValues) {
  DaemonKit kit;
  kit.Load("item", Items());
  v1::ForgetResponse forgotten;
  const std::vector<std::vector<v1::KeyColumn>> wrong = {
      {},
      {Numbers("user_id", {1})},
      {Numbers("item_id", {1}), Numbers("item_id", {2})}};
  for (const auto& keys : wrong) {
    const grpc::Status status = Forget(kit, keys, &forgotten);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(status.error_message(),
                HasSubstr("entity 'item' has the join keys 'item_id' (int64)"));
  }
  v1::KeyColumn text;
  text.set_name("item_id");
  text.add_strings("1");
  EXPECT_THAT(Forget(kit, {text}, &forgotten).error_message(),
              HasSubstr("join key 'item_id' is not an int64"));
  EXPECT_THAT(
      Forget(kit, {Numbers("item_id", {1})}, &forgotten, "itm").error_message(),
      HasSubstr("no entity 'itm'; there is: 'user', 'item'"));
}

}  // namespace
}  // namespace freshet
