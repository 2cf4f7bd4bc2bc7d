// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include "base/failpoint.h"
#include "tests/server/daemon_kit.h"

namespace freshet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Str(const std::string& s) { return s; }

std::vector<KitRow> Users() {
  return {
      {{Value(Str("ann"))},
       kNow,
       {Value(int64_t{5}), Value(Str("Ann")), Value(0.5)}},
      {{Value(Str("bob"))}, kNow, {Value(), Value(), Value()}},
      {{Value(Str("old"))},
       kNow - 2 * 3600 * kSecond,
       {Value(int64_t{9}), Value(Str("Old")), Value()}},
  };
}

std::vector<KitRow> Items() {
  return {{{Value(int64_t{1})}, kNow, {Value(1.25)}},
          {{Value((int64_t{1} << 53) + 1)}, kNow, {Value(2.5)}}};
}

std::vector<int> Statuses(const v1::Column& column) {
  std::vector<int> all;
  for (const char c : column.statuses()) {
    all.push_back(static_cast<unsigned char>(c));
  }
  return all;
}

int Defaulted(int state) { return state | v1::CAUSE_DEFAULTED << 4; }

class GetFeaturesTest : public ::testing::Test {
 protected:
  void TearDown() override { ASSERT_TRUE(ArmFailpoints("").ok()); }

  // The message of the error; fails if there is none or another code.
  std::string Refused(const v1::GetFeaturesRequest& request,
                      grpc::StatusCode code) {
    v1::GetFeaturesResponse response;
    const grpc::Status status = kit_.Get(request, &response);
    EXPECT_EQ(status.error_code(), code) << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr("(request_id: "));
    return status.error_message();
  }

  DaemonKit kit_{"  limits: {keys_max: 100, reply_max: 8KiB}\n"};
};

TEST_F(GetFeaturesTest, AnswersEachKeyWithItsStatus) {
  kit_.Load("user", Users());
  v1::GetFeaturesRequest request;
  for (const char* f : {"user.amount", "user.name", "user.score"}) {
    request.add_features(f);
  }
  AddStrings(request, "user_id", {"ann", "bob", "old", "zoe"});

  v1::GetFeaturesResponse response;
  const grpc::Status status = kit_.Get(request, &response);

  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(response.columns_size(), 3);
  const v1::Column& amount = response.columns(0);
  EXPECT_THAT(Statuses(amount),
              ElementsAre(v1::STATE_PRESENT, Defaulted(v1::STATE_NULL),
                          Defaulted(v1::STATE_EXPIRED),
                          Defaulted(v1::STATE_NOT_FOUND)));
  EXPECT_THAT(amount.int64s(), ElementsAre(5, 7, 7, 7));
  const v1::Column& name = response.columns(1);
  EXPECT_THAT(Statuses(name),
              ElementsAre(v1::STATE_PRESENT, v1::STATE_NULL, v1::STATE_EXPIRED,
                          v1::STATE_NOT_FOUND));
  EXPECT_EQ(name.blob(), "Ann");
  EXPECT_THAT(name.ends(), ElementsAre(3, 3, 3, 3));
  EXPECT_THAT(response.columns(2).doubles(), ElementsAre(0.5, 0, 0, 0));
  EXPECT_EQ(response.rows(), 4U);
  EXPECT_EQ(response.versions(0).version(), 1);
  EXPECT_GE(response.request_time_micros(), kNow);
}

TEST_F(GetFeaturesTest, GivesExpiredValuesAndEventTimesOnRequest) {
  kit_.Load("user", Users());
  v1::GetFeaturesRequest request;
  request.add_features("user.amount");
  request.add_features("user.score");  // Null in the row of `old`.
  AddStrings(request, "user_id", {"old"});
  request.set_include_expired_values(true);
  request.set_include_event_times(true);
  request.set_include_names(true);
  request.set_include_definitions_hash(true);  // Rule 16.
  request.set_request_id("my-id");

  v1::GetFeaturesResponse response;
  ASSERT_TRUE(kit_.Get(request, &response).ok());

  EXPECT_THAT(Statuses(response.columns(0)), ElementsAre(v1::STATE_EXPIRED));
  EXPECT_THAT(response.columns(0).int64s(), ElementsAre(9));
  EXPECT_THAT(Statuses(response.columns(1)),
              ElementsAre(v1::STATE_NULL | v1::CAUSE_STALE << 4));
  EXPECT_THAT(response.columns(0).event_times_micros(),
              ElementsAre(kNow - 2 * 3600 * kSecond));
  EXPECT_EQ(response.columns(0).name(), "user.amount");
  EXPECT_EQ(response.columns(0).type().kind(), v1::KIND_INT64);
  EXPECT_EQ(response.request_id(), "my-id");
  EXPECT_FALSE(response.definitions_hash().empty());
}

TEST_F(GetFeaturesTest, AsksASharedKeyOnceAndBigIntegersExactly) {
  kit_.Load("item", Items());
  kit_.Load("user", Users());
  kit_.Load(
      "pair",
      {{{Value(Str("ann")), Value(int64_t{1})}, kNow, {Value(int64_t{3})}}});
  v1::GetFeaturesRequest request = Ask("model", {"ann"}, {});
  request.mutable_keys(0)->set_shared(true);
  AddInts(request, "item_id", {1, (int64_t{1} << 53) + 1, int64_t{1} << 53});

  v1::GetFeaturesResponse response;
  const grpc::Status status = kit_.Get(request, &response);

  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_TRUE(response.columns(0).shared());
  EXPECT_THAT(response.columns(0).int64s(), ElementsAre(5));
  const v1::Column& price = response.columns(3);
  EXPECT_FALSE(price.shared());
  EXPECT_THAT(price.doubles(), ElementsAre(1.25, 2.5, 0));
  const v1::Column& clicks = response.columns(4);
  EXPECT_THAT(clicks.int64s(), ElementsAre(3, 0, 0));
  EXPECT_EQ(response.rows(), 3U);
}

TEST_F(GetFeaturesTest, AViewWithoutVersionSaysSoInTheReply) {
  v1::GetFeaturesResponse response;
  ASSERT_TRUE(kit_.Get(Ask("items", {}, {1}), &response).ok());

  EXPECT_THAT(Statuses(response.columns(0)),
              ElementsAre(v1::STATE_ERROR | v1::CAUSE_NOT_IN_VERSION << 4));
  EXPECT_EQ(response.versions(0).version(), 0);
}

TEST_F(GetFeaturesTest, NamesWhatIsWrongWithAKeyColumn) {
  const auto invalid = grpc::StatusCode::INVALID_ARGUMENT;
  EXPECT_THAT(Refused(Ask("model", {"ann"}, {}), invalid),
              HasSubstr("key column 'item_id' (int64) is missing"));
  v1::GetFeaturesRequest unknown;
  unknown.set_feature_service("items");
  AddInts(unknown, "itemid", {1});
  EXPECT_THAT(Refused(unknown, invalid), HasSubstr("nearest: 'item_id'"));
  v1::GetFeaturesRequest typed;
  typed.set_feature_service("items");
  AddStrings(typed, "item_id", {"1"});
  EXPECT_THAT(Refused(typed, invalid),
              HasSubstr("holds strings, and its type is int64"));
  EXPECT_THAT(Refused(Ask("model", {"a", "b"}, {1}), invalid),
              HasSubstr("per-row columns are of one length"));
  v1::GetFeaturesRequest twice = Ask("items", {}, {1});
  AddInts(twice, "item_id", {1});
  EXPECT_THAT(Refused(twice, invalid), HasSubstr("is there twice"));
  v1::GetFeaturesRequest shared;
  shared.set_feature_service("items");
  AddInts(shared, "item_id", {1, 2}, true);
  EXPECT_THAT(Refused(shared, invalid), HasSubstr("exactly 1 value, not 2"));
  EXPECT_THAT(Refused(Ask("model", {std::string(5000, 'k')}, {1}), invalid),
              HasSubstr("key column 'user_id', row 0"));
}

TEST_F(GetFeaturesTest, NamesTheRowOfAKeyThatIsNotUtf8) {
  // Generated code would refuse to send it: the bytes are made from a valid
  // request of the same length.
  v1::GetFeaturesRequest request = Ask("model", {"ok", "b#d"}, {1, 2});
  std::string bytes = request.SerializeAsString();
  bytes[bytes.find('#')] = '\xff';
  grpc::GenericStub stub(kit_.Channel(kit_.daemon->ports().data));
  grpc::ClientContext context;
  const grpc::Slice slice(bytes);
  const grpc::ByteBuffer sent(&slice, 1);
  grpc::ByteBuffer received;
  grpc::Status status;
  grpc::CompletionQueue queue;
  auto call = stub.PrepareUnaryCall(
      &context, "/freshet.v1.OnlineService/GetFeatures", sent, &queue);
  call->StartCall();
  call->Finish(&received, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  ASSERT_TRUE(queue.Next(&tag, &ok));

  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(
      status.error_message(),
      HasSubstr("key column 'user_id', row 1: the string is not UTF-8"));
}

TEST_F(GetFeaturesTest, UnknownNamesAreNotFoundWithTheNearest) {
  const auto not_found = grpc::StatusCode::NOT_FOUND;
  EXPECT_THAT(Refused(Ask("modle", {"a"}, {1}), not_found),
              HasSubstr("'model'"));
  v1::GetFeaturesRequest request;
  request.add_features("user.amuont");
  AddStrings(request, "user_id", {"a"});
  EXPECT_THAT(Refused(request, not_found), HasSubstr("amount"));
}

TEST_F(GetFeaturesTest, RefusesOverALimitBeforeAnyWork) {
  const auto exhausted = grpc::StatusCode::RESOURCE_EXHAUSTED;
  EXPECT_THAT(
      Refused(Ask("items", {}, std::vector<int64_t>(101, 1)), exhausted),
      HasSubstr("101 keys in one request, the limit is 100"));
  v1::GetFeaturesRequest wide;
  for (int i = 0; i < 513; ++i) wide.add_features("item.price");
  AddInts(wide, "item_id", {1});
  EXPECT_THAT(Refused(wide, exhausted), HasSubstr("513 features"));
}

TEST_F(GetFeaturesTest, RefusesAReplyThatTurnsOutTooLarge) {
  kit_.Load("user", {{{Value(Str("big"))},
                      kNow,
                      {Value(), Value(std::string(3000, 'x')), Value()}}});
  v1::GetFeaturesRequest request;
  request.add_features("user.name");
  AddStrings(request, "user_id", {"big", "big", "big"});

  EXPECT_THAT(Refused(request, grpc::StatusCode::RESOURCE_EXHAUSTED),
              HasSubstr("the limit is 8192"));
}

TEST_F(GetFeaturesTest, RefusesABadRequestIdAndBothWaysToAsk) {
  v1::GetFeaturesRequest request = Ask("items", {}, {1});
  request.set_request_id("with space");
  EXPECT_THAT(Refused(request, grpc::StatusCode::INVALID_ARGUMENT),
              HasSubstr("request_id has 10 bytes"));
  request.clear_request_id();
  request.add_features("item.price");
  EXPECT_THAT(Refused(request, grpc::StatusCode::INVALID_ARGUMENT),
              HasSubstr("has both"));
}

TEST_F(GetFeaturesTest, AReadThatIsNotBackInTimeIsATimeoutOfItsKeys) {
  // The daemon's own deadline: a caller's would also count the way to it.
  DaemonKit kit("  limits: {default_deadline: 300ms}\n");
  kit.Load("item", ManyItems(1));
  ASSERT_TRUE(ArmFailpoints("server.read=sleep:3000").ok());
  grpc::ClientContext context;

  v1::GetFeaturesResponse response;
  const grpc::Status status = kit.online->GetFeatures(
      &context, Ask("items", {}, {kColdItem, 0}), &response);

  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_THAT(Statuses(response.columns(0)),
              ElementsAre(v1::STATE_ERROR | v1::CAUSE_SOURCE_TIMEOUT << 4,
                          v1::STATE_PRESENT));
}

TEST_F(GetFeaturesTest, APinnedVersionIsAnsweredFrom) {
  kit_.Load("item", {{{Value(int64_t{1})}, kNow, {Value(1.0)}}});
  kit_.Load("item", {{{Value(int64_t{1})}, kNow, {Value(2.0)}}});
  grpc::ClientContext context;
  v1::PinRequest pin;
  pin.set_view("item");
  pin.set_version(1);
  v1::VersionState state;
  const grpc::Status pinned = kit_.admin->PinVersion(&context, pin, &state);
  ASSERT_TRUE(pinned.ok()) << pinned.error_message();
  v1::GetFeaturesRequest request = Ask("items", {}, {1});
  request.add_pins()->set_view("item");
  request.mutable_pins(0)->set_version(1);

  v1::GetFeaturesResponse response;
  const grpc::Status status = kit_.Get(request, &response);

  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_THAT(response.columns(0).doubles(), ElementsAre(1.0));
  EXPECT_EQ(response.versions(0).version(), 1);
}

TEST_F(GetFeaturesTest, APinWithoutAVersionIsRefused) {
  kit_.Load("item", Items());
  for (const int64_t version : {0, -1}) {
    v1::GetFeaturesRequest request = Ask("items", {}, {1});
    request.add_pins()->set_view("item");
    request.mutable_pins(0)->set_version(version);

    EXPECT_THAT(Refused(request, grpc::StatusCode::INVALID_ARGUMENT),
                HasSubstr("view 'item' is pinned to version " +
                          std::to_string(version)));
  }
}

TEST_F(GetFeaturesTest, AViewPinnedTwiceIsRefused) {
  kit_.Load("item", Items());
  v1::GetFeaturesRequest request = Ask("items", {}, {1});
  for (const int64_t version : {7, 1}) {
    v1::VersionPin* pin = request.add_pins();
    pin->set_view("item");
    pin->set_version(version);
  }

  EXPECT_THAT(Refused(request, grpc::StatusCode::INVALID_ARGUMENT),
              HasSubstr("view 'item' is pinned twice, to versions 7 and 1"));
}

}  // namespace
}  // namespace freshet
