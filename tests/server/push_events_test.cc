// SPDX-License-Identifier: Apache-2.0
#include "server/push/push_events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "freshet/v1/push.pb.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr int64_t kNow = 1'700'000'000'000'000;
constexpr int64_t kSkew = 300'000'000;

const StreamSource& Source() {
  static const StreamSource source = {
      .name = "events",
      .fields = {{"user", {.kind = Kind::kString}},
                 {"raw", {.kind = Kind::kBytes}},
                 {"flag", {.kind = Kind::kBool}},
                 {"small", {.kind = Kind::kInt32}},
                 {"large", {.kind = Kind::kInt64}},
                 {"price",
                  {.kind = Kind::kDecimal, .precision = 4, .scale = 2}},
                 {"thin", {.kind = Kind::kFloat}},
                 {"wide", {.kind = Kind::kDouble}},
                 {"at", {.kind = Kind::kTimestamp}}},
      .timestamp_field = "at",
      .max_future_skew_micros = kSkew,
      .single_node = true};
  return source;
}

v1::EventColumn& Column(v1::PushRequest& request, const std::string& name) {
  v1::EventColumn& column = *request.add_columns();
  column.set_name(name);
  return column;
}

// Of `rows` events that are fine, with nothing but their times.
v1::PushRequest Times(size_t rows) {
  v1::PushRequest request;
  v1::EventColumn& times = Column(request, "at");
  for (size_t i = 0; i < rows; ++i) {
    times.add_integers(kNow - static_cast<int64_t>(i));
  }
  return request;
}

std::string ErrorOf(const v1::PushRequest& request) {
  const auto pushed = ReadPush(request, Source(), kNow);
  EXPECT_TRUE(absl::IsInvalidArgument(pushed.status())) << pushed.status();
  return std::string(pushed.status().message());
}

TEST(PushEventsTest, EveryTypeIsRead) {
  v1::PushRequest request = Times(2);
  Column(request, "user").add_strings("ann");
  request.mutable_columns(1)->add_strings("");
  v1::EventColumn& raw = Column(request, "raw");
  raw.add_bytes(std::string("\0\xff", 2));
  raw.add_bytes("");
  raw.set_nulls(std::string("\0\1", 2));
  v1::EventColumn& flag = Column(request, "flag");
  flag.add_bools(true);
  flag.add_bools(false);
  v1::EventColumn& small = Column(request, "small");
  small.add_integers(std::numeric_limits<int32_t>::min());
  small.add_integers(std::numeric_limits<int32_t>::max());
  v1::EventColumn& price = Column(request, "price");
  price.add_integers(-9'999);
  price.add_integers(9'999);
  v1::EventColumn& thin = Column(request, "thin");
  thin.add_doubles(0.1);
  thin.add_doubles(std::numeric_limits<double>::infinity());
  v1::EventColumn& wide = Column(request, "wide");
  wide.add_doubles(0.1);
  wide.add_doubles(std::numeric_limits<double>::quiet_NaN());

  const auto pushed = ReadPush(request, Source(), kNow);

  ASSERT_TRUE(pushed.ok()) << pushed.status();
  EXPECT_TRUE(pushed->rejected.empty());
  EXPECT_EQ(pushed->events.source, "events");
  EXPECT_EQ(pushed->events.fields, Source().fields);
  const EventBatch& events = pushed->events.events;
  ASSERT_EQ(events.rows, 2U);
  EXPECT_EQ(events.fields[0].strings[0], "ann");
  EXPECT_EQ(events.fields[1].strings[0], std::string("\0\xff", 2));
  EXPECT_THAT(events.fields[1].states,
              ElementsAre(RowState::kValue, RowState::kNull));
  EXPECT_THAT(events.fields[2].integers, ElementsAre(1, 0));
  EXPECT_THAT(events.fields[3].integers,
              ElementsAre(std::numeric_limits<int32_t>::min(),
                          std::numeric_limits<int32_t>::max()));
  EXPECT_THAT(events.fields[4].states,
              ElementsAre(RowState::kNull, RowState::kNull))
      << "not given";
  EXPECT_THAT(events.fields[5].integers, ElementsAre(-9'999, 9'999));
  EXPECT_EQ(events.fields[6].reals[0], static_cast<double>(0.1F));
  EXPECT_EQ(events.fields[7].reals[0], 0.1);
  EXPECT_EQ(events.fields[7].states[1], RowState::kValue) << "NaN is a value";
  EXPECT_THAT(events.fields[8].integers, ElementsAre(kNow, kNow - 1));
}

TEST(PushEventsTest, Rule28WhatIsNoEventIsRejectedAndTheRestIsTaken) {
  v1::PushRequest request = Times(0);
  v1::EventColumn& times = *request.mutable_columns(0);
  for (const int64_t at : {kNow + kSkew + 1, kNow + kSkew, kNow, kNow}) {
    times.add_integers(at);
  }
  times.set_nulls(std::string("\0\0\1\0", 4));
  v1::EventColumn& user = Column(request, "user");
  for (const char* name : {"far", "near", "none", "now"}) {
    user.add_strings(name);
  }

  const auto pushed = ReadPush(request, Source(), kNow);

  ASSERT_TRUE(pushed.ok()) << pushed.status();
  ASSERT_EQ(pushed->rejected.size(), 2U);
  EXPECT_EQ(pushed->rejected[0].row, 0U);
  EXPECT_EQ(pushed->rejected[0].reason, RejectedPush::Reason::kFuture);
  EXPECT_EQ(pushed->rejected[1].row, 2U);
  EXPECT_EQ(pushed->rejected[1].reason, RejectedPush::Reason::kNoTime);
  ASSERT_EQ(pushed->events.events.rows, 2U);
  EXPECT_THAT(pushed->events.events.fields[0].strings,
              ElementsAre("near", "now"));
}

TEST(PushEventsTest, WithoutTimesNothingIsTaken) {
  v1::PushRequest request;
  Column(request, "user").add_strings("ann");
  const auto pushed = ReadPush(request, Source(), kNow);
  ASSERT_TRUE(pushed.ok()) << pushed.status();
  EXPECT_EQ(pushed->events.events.rows, 0U);
  EXPECT_EQ(pushed->rejected.size(), 1U);
}

TEST(PushEventsTest, AColumnIsOneOfTheSource) {
  v1::PushRequest request = Times(1);
  Column(request, "usr").add_strings("ann");
  EXPECT_EQ(ErrorOf(request),
            "column 'usr' is no field of source 'events'; nearest: 'user'");
  request.mutable_columns(1)->set_name("at");
  EXPECT_EQ(ErrorOf(request), "column 'at' is there twice");
}

TEST(PushEventsTest, AColumnHasItsTypeAndTheLengthOfTheOthers) {
  v1::PushRequest request = Times(2);
  v1::EventColumn& large = Column(request, "large");
  large.add_doubles(1);
  large.add_integers(1);
  EXPECT_EQ(ErrorOf(request),
            "column 'large' holds integers and doubles, and its type is int64");
  large.clear_doubles();
  EXPECT_EQ(ErrorOf(request),
            "column 'large' has 1 values, and one before it has 2; all columns "
            "are of one length");
  large.add_integers(2);
  large.set_nulls("\1");
  EXPECT_EQ(ErrorOf(request),
            "column 'large' has 2 values and 1 bytes in 'nulls'; there is one "
            "for each value, or none at all");
}

TEST(PushEventsTest, AValueFitsItsType) {
  const struct {
    const char* field;
    int64_t value;
    const char* error;
  } kCases[] = {
      {"small", int64_t{1} << 31,
       "column 'small', row 1: 2147483648 is no int32"},
      {"price", 10'000,
       "column 'price', row 1: 10000 is in units beyond decimal(4,2)"},
  };
  for (const auto& c : kCases) {
    v1::PushRequest request = Times(2);
    v1::EventColumn& column = Column(request, c.field);
    column.add_integers(0);
    column.add_integers(c.value);
    EXPECT_EQ(ErrorOf(request), c.error);
    // Where it is null, whatever stands there is no value.
    column.set_nulls(std::string("\0\1", 2));
    EXPECT_TRUE(ReadPush(request, Source(), kNow).ok());
  }
  v1::PushRequest request = Times(1);
  Column(request, "thin").add_doubles(1e39);
  EXPECT_THAT(ErrorOf(request), HasSubstr("row 0: 1e+39 is beyond a float"));
}

TEST(PushEventsTest, Rule10OfAFieldWithoutAColumnNothingIsSaid) {
  v1::PushRequest request = Times(2);
  Column(request, "large").add_integers(1);
  request.mutable_columns(1)->add_integers(0);
  request.mutable_columns(1)->set_nulls(std::string("\0\1", 2));

  const auto pushed = ReadPush(request, Source(), kNow);

  ASSERT_TRUE(pushed.ok()) << pushed.status();
  const EventBatch& events = pushed->events.events;
  EXPECT_FALSE(IsAbsent(events, 4, 0));
  EXPECT_FALSE(IsAbsent(events, 4, 1));
  EXPECT_TRUE(IsAbsent(events, 0, 0));
  EXPECT_TRUE(IsAbsent(events, 0, 1));
}

}  // namespace
}  // namespace freshet
