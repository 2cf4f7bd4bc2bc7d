// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/feature_cells.h"
#include "cli/key_arguments.h"
#include "tests/cli/cli_fixture.h"

namespace freshet {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::Not;

constexpr char kPresent = v1::STATE_PRESENT;
constexpr char kNotFound = v1::STATE_NOT_FOUND;
constexpr char kDefaulted =
    static_cast<char>(v1::STATE_NULL | v1::CAUSE_DEFAULTED << 4);

v1::GetFeaturesResponse Reply() {
  v1::GetFeaturesResponse reply;
  reply.set_rows(2);
  reply.set_request_id("r-1");
  reply.set_request_time_micros(1388448060000000);
  auto* served = reply.add_versions();
  served->set_view("plane");
  served->set_version(7);

  v1::Column* seats = reply.add_columns();
  seats->set_name("plane.seats");
  seats->mutable_type()->set_kind(v1::KIND_INT64);
  seats->set_statuses(std::string{kPresent, kNotFound});
  seats->add_int64s(9007199254740993);  // 2^53 + 1.
  seats->add_int64s(0);
  seats->add_event_times_micros(1388448000000000);
  seats->add_event_times_micros(0);

  v1::Column* delay = reply.add_columns();
  delay->set_name("plane.delay");
  delay->mutable_type()->set_kind(v1::KIND_DOUBLE);
  delay->set_statuses(std::string{kPresent, kDefaulted});
  delay->add_doubles(std::nan(""));
  delay->add_doubles(-0.0);

  v1::Column* names = reply.add_columns();
  names->set_name("plane.names");
  names->mutable_type()->set_kind(v1::KIND_STRING);
  names->mutable_type()->set_list(true);
  names->set_statuses(std::string{kPresent, kPresent});
  names->set_blob("abc");
  for (const uint32_t end : {2, 2, 3}) names->add_ends(end);
  names->set_null_elements(std::string("\0\1\0", 3));
  names->add_list_ends(2);
  names->add_list_ends(3);
  return reply;
}

TEST_F(CliTest, GetShowsARowPerEntity) {
  daemon_.Answer("GetFeatures", Reply());
  const CliResult result = Run({"get", "plane.seats", "plane.delay",
                                "plane.names", "--key", "tailnum=N1,N2"});
  EXPECT_EQ(result.code, kOk) << result.err;
  EXPECT_THAT(result.out, HasSubstr("tailnum  plane.seats       plane.delay"));
  EXPECT_THAT(result.out, HasSubstr("9007199254740993"));
  EXPECT_THAT(result.out, HasSubstr("NOT_FOUND"));
  EXPECT_THAT(result.out, HasSubstr("-0.0 NULL (DEFAULTED)"));
}

TEST_F(CliTest, ACauseOfALaterDaemonIsItsNumber) {
  v1::GetFeaturesResponse reply;
  reply.set_rows(1);
  v1::Column* column = reply.add_columns();
  column->set_name("plane.old");
  column->mutable_type()->set_kind(v1::KIND_BOOL);
  column->set_statuses(
      std::string{static_cast<char>(v1::STATE_PRESENT | 15 << 4)});
  column->add_bools(true);
  daemon_.Answer("GetFeatures", reply);
  const CliResult json =
      Run({"--json", "get", "plane.old", "--key", "tailnum=N1"});
  EXPECT_EQ(json.code, kOk) << json.err;
  const auto cell =
      nlohmann::json::parse(json.out)["rows"][0]["features"]["plane.old"];
  EXPECT_EQ(cell["value"], true);
  EXPECT_EQ(cell["cause"], "15");
}

TEST_F(CliTest, ManyFeaturesStandBelowEachOther) {
  v1::GetFeaturesResponse reply;
  reply.set_rows(2);
  for (int i = 0; i < 7; ++i) {
    v1::Column* column = reply.add_columns();
    column->set_name("plane.f" + std::to_string(i));
    column->mutable_type()->set_kind(v1::KIND_BOOL);
    column->set_statuses(std::string{kPresent, kPresent});
    column->add_bools(true);
    column->add_bools(false);
  }
  daemon_.Answer("GetFeatures", reply);
  const CliResult result = Run({"get", "plane.f0", "--key", "tailnum=N1,N2"});
  EXPECT_THAT(result.out, HasSubstr("tailnum   N1    N2\n"
                                    "plane.f0  true  false\n"));
}

TEST_F(CliTest, GetAsJsonIsExact) {
  daemon_.Answer("GetFeatures", Reply());
  const CliResult result =
      Run({"--json", "get", "plane.seats", "--key", "tailnum=N1,N2"});
  EXPECT_EQ(result.code, kOk) << result.err;
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_EQ(json["versions"]["plane"], 7);
  const auto& first = json["rows"][0];
  EXPECT_EQ(first["keys"]["tailnum"], "N1");
  EXPECT_EQ(first["features"]["plane.seats"]["value"], 9007199254740993);
  EXPECT_EQ(first["features"]["plane.seats"]["event_time"],
            "2013-12-31T00:00:00Z");
  EXPECT_EQ(first["features"]["plane.delay"]["value"], "NaN");
  EXPECT_EQ(first["features"]["plane.names"]["value"],
            nlohmann::json({"ab", nullptr}));
  const auto& second = json["rows"][1]["features"];
  EXPECT_EQ(second["plane.seats"]["value"], nullptr);
  EXPECT_EQ(second["plane.seats"]["status"], "NOT_FOUND");
  EXPECT_EQ(second["plane.delay"]["cause"], "DEFAULTED");
  EXPECT_EQ(second["plane.names"]["value"], nlohmann::json({"c"}));
}

TEST_F(CliTest, ExplainSaysVersionAgeAndWhy) {
  daemon_.Answer("GetFeatures", Reply());
  const CliResult result =
      Run({"get", "plane.seats", "--key", "tailnum=N1,N2", "--explain"});
  EXPECT_THAT(result.out,
              HasSubstr("N1   plane.seats  9007199254740993  PRESENT"));
  EXPECT_THAT(result.out, HasSubstr("1 min 0 s"));
  EXPECT_THAT(result.out, HasSubstr("the version has no row for this key"));
}

TEST_F(CliTest, ExplainSaysOfAWindowThatNothingIsInIt) {
  v1::GetFeaturesResponse reply;
  reply.set_rows(1);
  v1::Column* column = reply.add_columns();
  column->set_name("paid.amount_sum_1h");
  column->mutable_type()->set_kind(v1::KIND_DOUBLE);
  column->set_statuses(std::string{v1::STATE_NULL});
  column->add_doubles(0);
  daemon_.Answer("GetFeatures", reply);
  const std::string out =
      Run({"get", "paid.amount_sum_1h", "--key", "user=ann", "--explain"}).out;
  EXPECT_THAT(out, HasSubstr("no value is in the window"));
  EXPECT_THAT(out, testing::Not(HasSubstr("snapshot")));
  EXPECT_THAT(out, testing::ContainsRegex("NULL +-  "));
}

TEST_F(CliTest, WhatAWindowKnowsInPartIsShownWithItsValue) {
  constexpr char kPartial =
      static_cast<char>(v1::STATE_INCOMPLETE | v1::CAUSE_PARTIAL << 4);
  v1::GetFeaturesResponse reply;
  reply.set_rows(2);
  v1::Column* column = reply.add_columns();
  column->set_name("paid.count_1h");
  column->mutable_type()->set_kind(v1::KIND_INT64);
  column->set_statuses(std::string{kPartial, v1::STATE_INCOMPLETE});
  column->add_int64s(7);
  column->add_int64s(0);
  daemon_.Answer("GetFeatures", reply);
  const std::vector<std::string> get = {"get", "paid.count_1h", "--key",
                                        "user=ann,bob"};
  EXPECT_THAT(Run(get).out, HasSubstr("ann   7 INCOMPLETE (PARTIAL)\n"
                                      "bob   INCOMPLETE\n"));
}

TEST_F(CliTest, AnEstimateIsShownAsOne) {
  constexpr char kApproximate =
      static_cast<char>(v1::STATE_PRESENT | v1::CAUSE_APPROXIMATE << 4);
  v1::GetFeaturesResponse reply;
  reply.set_rows(2);
  v1::Column* column = reply.add_columns();
  column->set_name("paid.id_count_distinct_1h");
  column->mutable_type()->set_kind(v1::KIND_INT64);
  column->set_statuses(std::string{kApproximate, v1::STATE_PRESENT});
  column->add_int64s(1017);
  column->add_int64s(9);
  daemon_.Answer("GetFeatures", reply);
  std::vector<std::string> get = {"get", "paid.id_count_distinct_1h", "--key",
                                  "user=ann,bob"};
  EXPECT_THAT(Run(get).out, HasSubstr("ann   1017 PRESENT (APPROXIMATE)\n"
                                      "bob   9\n"));
  get.push_back("--explain");
  EXPECT_THAT(Run(get).out, HasSubstr("more different values than the function "
                                      "knows exactly"));
}

// The first and the last entity have keys of one name and other types.
v1::GetDefinitionsResponse TwoKinds() {
  v1::GetDefinitionsResponse definitions;
  definitions.set_definitions(
      "project: p\n"
      "entities:\n"
      "  - {name: plane, join_keys: [{name: id, type: int64}]}\n"
      "  - {name: route, join_keys: [{name: id, type: string}]}\n"
      "batch_feature_views:\n"
      "  - {name: plane, entities: [plane], source: {path: p},\n"
      "     features: [{name: seats, type: int64}]}\n"
      "  - {name: route, entities: [route], source: {path: r},\n"
      "     features: [{name: miles, type: int64}]}\n"
      "feature_services: [{name: card, features: [plane.seats]}]\n");
  return definitions;
}

TEST_F(CliTest, KeysTakeTheirTypeFromTheViewsAskedFor) {
  daemon_.Answer("GetDefinitions", TwoKinds());
  daemon_.Answer("GetFeatures", Reply());
  Run({"get", "plane.seats", "--key", "id=5,-6", "--shared", "u=a\\,b", "--pin",
       "plane=3"});
  const std::string call = daemon_.calls().back();
  EXPECT_THAT(call, HasSubstr("int64s: 5 int64s: -6"));
  EXPECT_THAT(call, HasSubstr("shared: true strings: \"a,b\""));
  EXPECT_THAT(call, HasSubstr("pins { view: \"plane\" version: 3 }"));
  Run({"get", "route.miles", "--key", "id=5,6"});
  EXPECT_THAT(daemon_.calls().back(), HasSubstr("strings: \"5\""));
  Run({"get", "--service", "card", "--key", "id=5,6"});
  EXPECT_THAT(daemon_.calls().back(), HasSubstr("int64s: 5"));

  const CliResult wrong = Run({"get", "plane.seats", "--key", "id=five"});
  EXPECT_EQ(wrong.code, kUsage);
  EXPECT_EQ(wrong.err, "freshet: key 'id': 'five' is no int64\n");
}

TEST_F(CliTest, WithoutTypesAWrongKeyIsToldHowToWriteOne) {
  daemon_.Refuse("GetDefinitions", {grpc::StatusCode::UNAVAILABLE, "none"});
  daemon_.Refuse("GetFeatures", {grpc::StatusCode::INVALID_ARGUMENT,
                                 "key column 'id' holds strings"});
  const CliResult result = Run({"get", "plane.seats", "--key", "id=1"});
  EXPECT_EQ(result.code, kFailed);
  EXPECT_THAT(result.err, HasSubstr("key column 'id' holds strings\n"));
  EXPECT_THAT(result.err, HasSubstr("--key user_id:int64=7"));
}

TEST_F(CliTest, AWrongPinIsNotSent) {
  for (const char* pin : {"plane=abc", "plane", "plane=", "plane=2x", "plane=0",
                          "plane=-1", "=2", "plane=99999999999999999999"}) {
    const CliResult result =
        Run({"get", "plane.seats", "--key", "id=1", "--pin", pin});
    EXPECT_EQ(result.code, kUsage) << pin;
    EXPECT_THAT(result.err, HasSubstr("freshet: --pin '" + std::string(pin) +
                                      "': want VIEW=VERSION"));
  }
  const CliResult twice = Run({"get", "plane.seats", "--key", "id=1", "--pin",
                               "plane=1", "--pin", "plane=2"});
  EXPECT_EQ(twice.code, kUsage);
  EXPECT_THAT(twice.err, HasSubstr("view 'plane' is pinned twice"));
  EXPECT_THAT(daemon_.calls(), Each(Not(HasSubstr("GetFeatures"))));
}

TEST_F(CliTest, GetWantsFeaturesOrAService) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{
           {"get", "--key", "id=1"},
           {"get", "plane.seats", "--service", "card", "--key", "id=1"}}) {
    const CliResult result = Run(words);
    EXPECT_EQ(result.code, kUsage);
    EXPECT_THAT(result.err, HasSubstr("--service SERVICE"));
  }
  EXPECT_THAT(daemon_.calls(), testing::IsEmpty());
}

TEST_F(CliTest, TheAdminPortTakenForTheDataPortIsSaid) {
  daemon_.Answer("GetDefinitions", TwoKinds());
  daemon_.Refuse("GetFeatures", {grpc::StatusCode::UNIMPLEMENTED, ""});
  const CliResult result = Run({"get", "plane.seats", "--key", "id=1"});
  EXPECT_EQ(result.code, kFailed);
  EXPECT_EQ(result.err,
            "freshet: what answers at " + daemon_.address() +
                " is not the data port of a Freshet, or of one of another "
                "release. Compare --data with the ports that `freshet status` "
                "shows, and `freshet version` with the daemon's.\n");
}

TEST_F(CliTest, AReplyOfMoreRowsThanWereAskedForIsAnError) {
  daemon_.Answer("GetFeatures", Reply());
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{
           {"get"}, {"--json", "get"}, {"get", "--explain"}}) {
    std::vector<std::string> all = words;
    all.insert(all.end(), {"plane.seats", "--key", "tailnum=N1"});
    const CliResult result = Run(all);
    EXPECT_EQ(result.code, kFailed);
    EXPECT_EQ(result.err,
              "freshet: the reply has 2 rows, and key 'tailnum' has 1 "
              "values\n");
  }
}

v1::GetFeaturesResponse EpochReply() {
  v1::GetFeaturesResponse reply;
  reply.set_rows(3);
  reply.set_request_time_micros(60000000);
  v1::Column* seats = reply.add_columns();
  seats->set_name("plane.seats");
  seats->mutable_type()->set_kind(v1::KIND_INT64);
  seats->set_statuses(std::string{kPresent, kNotFound, v1::STATE_ERROR});
  for (int i = 0; i < 3; ++i) {
    seats->add_int64s(i);
    seats->add_event_times_micros(0);
  }
  return reply;
}

TEST_F(CliTest, ARowOfTheEpochHasAnEventTimeAndNoRowHasNone) {
  daemon_.Answer("GetFeatures", EpochReply());
  const std::vector<std::string> words = {"get", "plane.seats", "--key",
                                          "id=1,2,3"};
  std::vector<std::string> json_words = words;
  json_words.insert(json_words.begin(), "--json");
  const auto rows = nlohmann::json::parse(Run(json_words).out)["rows"];
  const auto cell = [&](size_t row) {
    return rows[row]["features"]["plane.seats"];
  };
  EXPECT_EQ(cell(0)["event_time"], "1970-01-01T00:00:00Z");
  EXPECT_FALSE(cell(1).contains("event_time"));
  EXPECT_FALSE(cell(2).contains("event_time"));
  std::vector<std::string> explain = words;
  explain.push_back("--explain");
  const std::string out = Run(explain).out;
  EXPECT_THAT(out, HasSubstr("1970-01-01T00:00:00Z  1 min 0 s"));
  EXPECT_THAT(out, testing::ContainsRegex("NOT_FOUND +-  - +-"));
}

TEST(UnpackColumnTest, ASharedColumnStandsInEachRow) {
  v1::Column column;
  column.set_shared(true);
  column.mutable_type()->set_kind(v1::KIND_BOOL);
  column.set_statuses(std::string{kPresent});
  column.add_bools(true);
  const auto cells = UnpackColumn(column, 3, false);
  ASSERT_TRUE(cells.ok());
  ASSERT_EQ(cells->size(), 3U);
  EXPECT_EQ((*cells)[2].value, Value(true));
}

TEST(UnpackColumnTest, AColumnThatIsTooShortIsAnErrorThatNamesIt) {
  v1::Column column;
  column.set_name("plane.seats");
  column.mutable_type()->set_kind(v1::KIND_INT64);
  column.set_statuses(std::string{kPresent, kPresent});
  column.add_int64s(1);
  const auto cells = UnpackColumn(column, 2, false);
  ASSERT_FALSE(cells.ok());
  EXPECT_THAT(std::string(cells.status().message()), HasSubstr("plane.seats"));
}

TEST(UnpackColumnTest, AnEmbeddingIsCutByItsLength) {
  v1::Column column;
  column.mutable_type()->set_kind(v1::KIND_FLOAT);
  column.mutable_type()->set_fixed_length(2);
  column.set_statuses(std::string{kPresent, kPresent});
  for (const float f : {1.f, 2.f, 3.f, 4.f}) column.add_floats(f);
  const auto cells = UnpackColumn(column, 2, false);
  ASSERT_TRUE(cells.ok());
  EXPECT_EQ((*cells)[1].value, Value(Value::List{Value(3.0), Value(4.0)}));
}

TEST(KeyArgumentsTest, AKeyIsSharedOrPerEntityAndOfOneType) {
  for (const auto& [per_row, shared] :
       {std::pair<std::vector<std::string>, std::vector<std::string>>{
            {"user_id=1"}, {"user_id=2"}},
        {{"user_id:int64=1", "user_id=2"}, {}}}) {
    const auto arguments = ParseKeyArguments(per_row, shared, {});
    ASSERT_FALSE(arguments.ok());
    EXPECT_THAT(std::string(arguments.status().message()),
                HasSubstr("key 'user_id'"));
  }
  const auto more = ParseKeyArguments({"user_id=1", "user_id=2,3"}, {}, {});
  ASSERT_TRUE(more.ok());
  EXPECT_EQ((*more)[0].values, (std::vector<std::string>{"1", "2", "3"}));
}

TEST(KeyArgumentsTest, WithoutEqualsItSaysWhatItWants) {
  const auto arguments = ParseKeyArguments({"tailnum"}, {}, {});
  ASSERT_FALSE(arguments.ok());
  EXPECT_THAT(std::string(arguments.status().message()),
              HasSubstr("want NAME=VALUE"));
}

}  // namespace
}  // namespace freshet
