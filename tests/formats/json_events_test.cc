// SPDX-License-Identifier: Apache-2.0
#include "ingest/formats/json_events.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

namespace freshet {
namespace {

using testing::HasSubstr;

const std::vector<StreamField> kFields = {
    {"paid", {.kind = Kind::kBool}},
    {"count", {.kind = Kind::kInt32}},
    {"cents", {.kind = Kind::kInt64}},
    {"price", {.kind = Kind::kDecimal, .precision = 18, .scale = 2}},
    {"ratio", {.kind = Kind::kFloat}},
    {"amount", {.kind = Kind::kDouble}},
    {"user", {.kind = Kind::kString}},
    {"raw", {.kind = Kind::kBytes}},
    {"at", {.kind = Kind::kTimestamp}},
};
enum Field { kPaid, kCount, kCents, kPrice, kRatio, kAmount, kUser, kRaw, kAt };

class JsonEventsTest : public testing::Test {
 protected:
  absl::Status Read(std::string_view text) {
    rows_.Begin(3, 7);
    const absl::Status status = json_.Read(text, rows_);
    if (!status.ok()) rows_.Drop();
    return status;
  }
  std::string Problem(std::string_view text) {
    const absl::Status status = Read(text);
    const bool of_field = status.message().substr(0, 5) == "field";
    EXPECT_EQ(status.code(), of_field ? absl::StatusCode::kFailedPrecondition
                                      : absl::StatusCode::kInvalidArgument)
        << text << ": " << status;
    return std::string(status.message());
  }
  const ValueColumn& Column(Field field) const {
    return rows_.batch().fields[static_cast<size_t>(field)];
  }

  JsonEvents json_{kFields};
  EventRows rows_{kFields};
};

TEST_F(JsonEventsTest, EveryTypeIsRead) {
  ASSERT_TRUE(Read(R"( {"paid": true, "count": -2147483648,
      "cents": 9223372036854775807, "price": 9999999999999999.99,
      "ratio": 0.1, "amount": 1e300, "user": "h\u00e9 \"x\"", "raw": "0x00ff",
      "at": "2013-03-10T12:00:00.5-05:00", "other": {"cents": [1, "}"]}} )")
                  .ok());

  EXPECT_EQ(Column(kPaid).integers[0], 1);
  EXPECT_EQ(Column(kCount).integers[0], -2147483648LL);
  EXPECT_EQ(Column(kCents).integers[0], 9223372036854775807LL);
  EXPECT_EQ(Column(kPrice).integers[0], 999999999999999999LL);
  EXPECT_EQ(Column(kRatio).reals[0], static_cast<double>(0.1F));
  EXPECT_EQ(Column(kAmount).reals[0], 1e300);
  EXPECT_EQ(Column(kUser).strings[0], "hé \"x\"");
  EXPECT_EQ(Column(kRaw).strings[0], std::string("\0\xff", 2));
  EXPECT_EQ(Column(kAt).integers[0], 1362934800500000);
  EXPECT_EQ(rows_.batch().partitions[0], 3);
  EXPECT_EQ(rows_.batch().offsets[0], 7);
}

TEST_F(JsonEventsTest, WhatIsNotThereOrNullIsNull) {
  ASSERT_TRUE(Read(R"({"cents": null, "user": ""})").ok());
  ASSERT_TRUE(Read("{}").ok());

  for (const ValueColumn& column : rows_.batch().fields) {
    EXPECT_EQ(column.states[1], RowState::kNull);
  }
  EXPECT_EQ(Column(kCents).states[0], RowState::kNull);
  EXPECT_EQ(Column(kUser).states[0], RowState::kValue);
}

TEST_F(JsonEventsTest, Rule10ANullIsSaidAndWhatIsNotThereIsNot) {
  ASSERT_TRUE(Read(R"({"cents": null, "user": ""})").ok());
  ASSERT_TRUE(Read(R"({"cents": 1})").ok());

  const auto is_absent = [&](Field field, size_t row) {
    return IsAbsent(rows_.batch(), static_cast<size_t>(field), row);
  };
  EXPECT_FALSE(is_absent(kCents, 0));
  EXPECT_FALSE(is_absent(kUser, 0));
  EXPECT_TRUE(is_absent(kPaid, 0));
  EXPECT_FALSE(is_absent(kCents, 1));
  EXPECT_TRUE(is_absent(kUser, 1));
}

// As Kafka Connect writes keys, with a schema beside them or without.
TEST_F(JsonEventsTest, APayloadIsOneOnlyBesideASchema) {
  for (const char* text : {R"({"payload": {"cents": 1}, "cents": 2})",
                           R"({"schema": {}, "payload": null, "cents": 2})",
                           R"({"schema": {}, "cents": 2})",
                           R"({"schema": {}, "payload": {"cents": 2}})",
                           R"({"payload": {"cents": 2}, "schema": null})"}) {
    rows_.Begin(0, 0);
    ASSERT_TRUE(json_.ReadPayload(text, rows_).ok()) << text;
    EXPECT_EQ(Column(kCents).integers[rows_.size() - 1], 2) << text;
  }
}

TEST_F(JsonEventsTest, NumbersThatAreNoneOfJsonAreTheirNames) {
  ASSERT_TRUE(Read(R"({"amount": "NaN", "ratio": "-Infinity"})").ok());
  ASSERT_TRUE(Read(R"({"amount": 3, "price": "12.5", "ratio": 2})").ok());

  EXPECT_TRUE(std::isnan(Column(kAmount).reals[0]));
  EXPECT_EQ(Column(kRatio).reals[0], -INFINITY);
  EXPECT_EQ(Column(kAmount).reals[1], 3.0);
  EXPECT_EQ(Column(kPrice).integers[1], 1250);
}

// As Java writes a double of ten million and more, or of less than a
// thousandth.
TEST_F(JsonEventsTest, ADecimalWithAnExponentIsReadExactlyOrRefused) {
  const auto read = [&](const std::string& price) {
    rows_.Clear();
    EXPECT_TRUE(Read("{\"price\": " + price + "}").ok()) << price;
    return Column(kPrice).integers[0];
  };
  EXPECT_EQ(read("1.23456789E7"), 1'234'567'890);
  EXPECT_EQ(read("-1.5e1"), -1'500);
  EXPECT_EQ(read("1E+2"), 10'000);
  EXPECT_EQ(read("1.0E-2"), 1);
  EXPECT_EQ(read("-1234.5e-1"), -12'345);
  EXPECT_EQ(read("1250e-3"), 125);
  EXPECT_EQ(read("0.0e5"), 0);
  rows_.Clear();
  for (const char* price :
       {"1.0E-3", "1.2345E1", "1e16", "1e65", "1e-65", "1e99999999999", "1e",
        "-e5", "1.e5", ".5e1", "1.2.3e4", "1e5e5", "1e+-5", "1e5.0"}) {
    EXPECT_FALSE(Problem(fmt::format("{{\"price\": {}}}", price)).empty())
        << price;
  }
  EXPECT_EQ(rows_.size(), 0U);
}

TEST_F(JsonEventsTest, WhatIsNoValueOfItsFieldIsRefused) {
  EXPECT_EQ(Problem(R"({"cents": "5"})"),
            "field 'cents' is a string, not of type int64");
  EXPECT_EQ(Problem(R"({"cents": 1.0})"),
            "field 'cents' is no integer that fits, not of type int64");
  EXPECT_EQ(Problem(R"({"cents": 9223372036854775808})"),
            "field 'cents' is no integer that fits, not of type int64");
  for (const char* count : {"2147483648", "-2147483649"}) {
    EXPECT_EQ(Problem(fmt::format("{{\"count\": {}}}", count)),
              "field 'count' is no integer that fits, not of type int32");
  }
  EXPECT_EQ(Problem(R"({"user": 5})"),
            "field 'user' is a number, not of type string");
  EXPECT_EQ(Problem(R"({"user": ["a"]})"),
            "field 'user' is an array, not of type string");
  EXPECT_EQ(Problem(R"({"user": {}})"),
            "field 'user' is an object, not of type string");
  EXPECT_EQ(Problem(R"({"paid": 1})"),
            "field 'paid' is a number, not of type bool");
  EXPECT_EQ(Problem(R"({"amount": true})"),
            "field 'amount' is true or false, not of type double");
  EXPECT_EQ(Problem(R"({"amount": "nan"})"),
            "field 'amount' is a string, not of type double");
  // What is wrong is said without the value.
  const std::string price =
      "field 'price' does not fit decimal(18,2): it takes a number of at most "
      "16 digits before the point and 2 after it";
  EXPECT_EQ(Problem(R"({"price": 1.005})"), price);
  EXPECT_EQ(Problem(R"({"price": "1x"})"), price);
  for (const std::string number : {"-Infinity", "-.5", "01", "1.", "+1"}) {
    for (const std::string field : {"ratio", "amount", "price"}) {
      Problem(fmt::format(R"({{"{}": {}}})", field, number));
    }
  }
  EXPECT_EQ(Problem(R"({"ratio": 1e39})"),
            "field 'ratio' does not fit float: it takes a number within its "
            "range");
  EXPECT_EQ(Problem(R"({"at": "2013-03-10 12:00:00"})"),
            "field 'at' does not fit timestamp: it takes RFC 3339 with a zone "
            "and at most 6 fraction digits, such as 2013-12-31T23:59:59Z");
  EXPECT_THAT(Problem(R"({"at": 1362934800})"), HasSubstr("field 'at' is a"));
  EXPECT_EQ(Problem(R"({"raw": "ff"})"),
            "field 'raw' does not fit bytes: it takes 0x and two hexadecimal "
            "digits for each byte");
  EXPECT_EQ(Problem(R"({"user": "a", "user": "b"})"),
            "field 'user' is there twice");
  EXPECT_EQ(rows_.size(), 0U);
}

TEST_F(JsonEventsTest, WhatIsNoObjectIsRefused) {
  for (const std::string_view text : {"",
                                      " ",
                                      "5",
                                      "null",
                                      "[]",
                                      "\"a\"",
                                      "{",
                                      "}",
                                      "{\"user\"}",
                                      "{\"user\": }",
                                      "{\"user\": \"a}",
                                      "{\"user\": \"a\"",
                                      "{} {}",
                                      "{\"cents\": 5 \"user\": \"a\"}",
                                      "{\"cents\": 5,}",
                                      "{\"cents\": nul}",
                                      "{\"paid\": tru}",
                                      "{\"cents\": 05}",
                                      "{\"cents\": +5}",
                                      "{\"amount\": 1.}",
                                      "{\"user\": \"\xff\"}",
                                      "{\"user\": \"\\x\"}",
                                      "{\"user\": \"\\ud800\"}",
                                      "{'user': 1}"}) {
    EXPECT_FALSE(Problem(text).empty()) << text;
  }
  EXPECT_EQ(rows_.size(), 0U);
  ASSERT_TRUE(Read("{\"cents\": 5}").ok()) << "after all of them";
}

TEST_F(JsonEventsTest, ManyEventsAreTheirOwn) {
  std::mt19937_64 random(20'130'310);
  std::vector<nlohmann::json> events;
  for (int round = 0; round < 3; ++round) {
    rows_.Clear();
    events.clear();
    for (int i = 0; i < 500; ++i) {
      nlohmann::json event = nlohmann::json::object();
      if (random() % 4 > 0) {
        event["user"] =
            std::string(random() % 1'000, static_cast<char>('a' + i % 26));
      }
      if (random() % 4 > 0) event["cents"] = static_cast<int64_t>(random());
      if (random() % 4 > 0) {
        event["amount"] = static_cast<double>(random() % 1'000'000) / 7;
      }
      if (random() % 2 == 0) event["other"] = {{"user", {1, 2, {}}}};
      ASSERT_TRUE(Read(event.dump(static_cast<int>(random() % 3) - 1)).ok());
      events.push_back(std::move(event));
    }
    for (size_t i = 0; i < events.size(); ++i) {
      const auto has = [&](const char* name, Field field) {
        const bool there = Column(field).states[i] == RowState::kValue;
        EXPECT_EQ(there, events[i].contains(name));
        return there;
      };
      if (has("user", kUser)) {
        EXPECT_EQ(Column(kUser).strings[i], events[i]["user"]);
      }
      if (has("cents", kCents)) {
        EXPECT_EQ(Column(kCents).integers[i], events[i]["cents"]);
      }
      if (has("amount", kAmount)) {
        EXPECT_EQ(Column(kAmount).reals[i], events[i]["amount"]);
      }
    }
  }
  EXPECT_GT(rows_.text_bytes(), 64 << 10);
}

}  // namespace
}  // namespace freshet
