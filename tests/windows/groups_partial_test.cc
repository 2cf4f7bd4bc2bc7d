// SPDX-License-Identifier: Apache-2.0
// What is kept of each group, against all events gone through one by one.
#include "features/aggregations/groups_partial.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "features/aggregations/function.h"
#include "features/aggregations/scalar_bytes.h"
#include "features/value_codec.h"

namespace freshet {
namespace {

using enum AggregateFunction;

constexpr Type kInt64Type{.kind = Kind::kInt64};
constexpr Type kInt64List{.kind = Kind::kInt64, .list = true};
constexpr Type kStringList{.kind = Kind::kString, .list = true};

struct Event {
  std::string merchant;
  int64_t cents = 0;
  EventOrder order;
};

PartialSpec SumsOf(uint32_t groups) {
  return {.kind = PartialKind::kIntegerSum,
          .value = Kind::kInt64,
          .groups = groups,
          .by = Kind::kString};
}

std::string BytesOf(const GroupsPartial& partial) {
  std::string bytes;
  partial.AppendTo(&bytes);
  return bytes;
}

void Merge(const GroupsPartial& part, GroupsPartial& into) {
  if (part.empty()) return;
  const std::string bytes = BytesOf(part);
  ByteReader in(bytes);
  into.Merge(in);
  EXPECT_TRUE(in.ok());
  EXPECT_TRUE(in.AtEnd());
}

class GroupsPartialTest : public testing::Test {
 protected:
  int64_t Below(int64_t end) {
    return static_cast<int64_t>(random_() % static_cast<uint64_t>(end));
  }

  std::vector<Event> Draw(int64_t merchants, int64_t events) {
    std::vector<Event> drawn;
    for (int64_t i = 0; i < events; ++i) {
      drawn.push_back(
          {.merchant = std::string(1, static_cast<char>('a' + Below(26))) +
                       std::to_string(Below(merchants)),
           .cents = Below(1'000) - 300,
           .order = {.time_micros = Below(50), .offset = i}});
    }
    return drawn;
  }

  // Of events in parts that are merged in any order, some of them twice
  // removed.
  GroupsPartial Merged(const PartialSpec& spec, std::vector<Event> events) {
    std::shuffle(events.begin(), events.end(), random_);
    std::vector<GroupsPartial> parts;
    for (int i = 0; i < 6; ++i) parts.emplace_back(spec);
    for (const Event& event : events) {
      parts[static_cast<size_t>(Below(6))].Add(Datum::Text(event.merchant),
                                               Datum::Integer(event.cents),
                                               event.order);
    }
    while (parts.size() > 1) {
      const auto into =
          static_cast<size_t>(Below(static_cast<int64_t>(parts.size()) - 1));
      Merge(parts.back(), parts[into]);
      parts.pop_back();
    }
    return std::move(parts.front());
  }

  static Value Answered(const FunctionCall& call, const GroupsPartial& partial,
                        AnswerState wanted) {
    std::string out;
    EXPECT_EQ(AnswerGroups(call, kInt64Type, partial, &out), wanted);
    return *DecodeValue(kInt64List, out);
  }

  std::mt19937_64 random_{20'130'310};
};

TEST_F(GroupsPartialTest, Rule25OfTheGroupsThatAreKeptAllIsKnown) {
  size_t over = 0;
  for (int round = 0; round < 300; ++round) {
    const auto groups = static_cast<uint32_t>(1 + Below(40));
    const std::vector<Event> events = Draw(1 + Below(3), 1 + Below(120));
    const GroupsPartial partial = Merged(SumsOf(groups), events);

    std::map<std::string, std::pair<int64_t, int64_t>> all;  // Sum and count.
    for (const Event& event : events) {
      all[event.merchant].first += event.cents;
      ++all[event.merchant].second;
    }
    // Of too many those of the smallest hashes.
    const bool too_many = all.size() > groups;
    std::vector<std::string> names;
    for (const auto& [name, sums] : all) names.push_back(name);
    std::sort(names.begin(), names.end(), [](const auto& a, const auto& b) {
      return ScalarHash(Kind::kString, Datum::Text(a)) <
             ScalarHash(Kind::kString, Datum::Text(b));
    });
    if (too_many) names.resize(groups);
    std::sort(names.begin(), names.end());
    Value::List keys;
    Value::List sums;
    Value::List counts;
    for (const std::string& name : names) {
      keys.emplace_back(name);
      sums.emplace_back(all[name].first);
      counts.emplace_back(all[name].second);
    }
    const AnswerState wanted =
        too_many ? AnswerState::kPart : AnswerState::kValue;
    std::string out;
    ASSERT_EQ(AnswerKeys(partial, &out), wanted) << round;
    ASSERT_EQ(*DecodeValue(kStringList, out), Value(keys)) << round;
    ASSERT_EQ(Answered({.function = kSum}, partial, wanted), Value(sums));
    ASSERT_EQ(Answered({.function = kCount}, partial, wanted), Value(counts));
    over += too_many ? 1 : 0;
  }
  EXPECT_GT(over, 30U);
  EXPECT_LT(over, 270U);
}

TEST_F(GroupsPartialTest, Rule25TheBytesAreTheSameInWhateverOrder) {
  const std::vector<Event> events = Draw(4, 500);
  for (const PartialKind kind :
       {PartialKind::kIntegerSum, PartialKind::kMin, PartialKind::kLast}) {
    PartialSpec spec = SumsOf(30);
    spec.kind = kind;
    spec.size = kind == PartialKind::kLast ? 1 : 0;
    ASSERT_TRUE(CheckPartialSpec(spec).ok());
    const std::string first = BytesOf(Merged(spec, events));
    for (int round = 0; round < 20; ++round) {
      ASSERT_EQ(BytesOf(Merged(spec, events)), first);
    }
  }
}

TEST_F(GroupsPartialTest, AGroupHasWhatTheFunctionIsOfItsEventsAlone) {
  PartialSpec spec = SumsOf(10);
  spec.kind = PartialKind::kMoments;
  GroupsPartial partial(spec);
  const auto add = [&](const char* merchant, int64_t cents) {
    partial.Add(Datum::Text(merchant), Datum::Integer(cents), {});
  };
  add("b", 1);
  add("b", 3);
  add("a", 9);
  std::string out;
  EXPECT_EQ(AnswerGroups({.function = kVariance}, kInt64Type, partial, &out),
            AnswerState::kValue);
  EXPECT_EQ(*DecodeValue({.kind = Kind::kDouble, .list = true}, out),
            Value(Value::List{Value(), Value(2.0)}))
      << "of one value there is no variance";
}

TEST_F(GroupsPartialTest, ASumThatDoesNotFitIsNoList) {
  GroupsPartial partial(SumsOf(10));
  for (int64_t i = 0; i < 2; ++i) {
    partial.Add(Datum::Text("a"),
                Datum::Integer(std::numeric_limits<int64_t>::max()),
                {.offset = i});
  }
  std::string out = "before";
  EXPECT_EQ(AnswerGroups({.function = kSum}, kInt64Type, partial, &out),
            AnswerState::kOverflow);
  EXPECT_TRUE(out.empty());
}

TEST_F(GroupsPartialTest, KeysAscendAsTheirTypeDoes) {
  PartialSpec spec{
      .kind = PartialKind::kCount, .groups = 10, .by = Kind::kInt64};
  GroupsPartial partial(spec);
  for (const int64_t key : {300, -1, 2, 300, 1 << 20}) {
    partial.Add(Datum::Integer(key), Datum::Integer(1), {});
  }
  std::string out;
  EXPECT_EQ(AnswerKeys(partial, &out), AnswerState::kValue);
  EXPECT_EQ(*DecodeValue(kInt64List, out),
            Value(Value::List{Value(int64_t{-1}), Value(int64_t{2}),
                              Value(int64_t{300}), Value(int64_t{1 << 20})}));
}

TEST_F(GroupsPartialTest, WhatNoPartialWroteIsRefused) {
  GroupsPartial two(SumsOf(2));
  two.Add(Datum::Text("a"), Datum::Integer(1), {});
  two.Add(Datum::Text("b"), Datum::Integer(2), {});
  const std::string bytes = BytesOf(two);
  const auto refused = [](std::string_view text, uint32_t groups) {
    GroupsPartial partial(SumsOf(groups));
    ByteReader in(text);
    partial.Merge(in);
    return !in.ok();
  };
  EXPECT_FALSE(refused(bytes, 2));
  EXPECT_TRUE(refused(bytes, 1)) << "more than are kept";
  std::string over = bytes;
  over[0] = static_cast<char>(over[0] | 1);
  EXPECT_FALSE(refused(over, 2));
  EXPECT_TRUE(refused(over, 3)) << "some were let go of, and there is room";
  // Each: length, value, length, count and sum.
  const size_t one = (bytes.size() - 1) / 2;
  ASSERT_EQ(bytes.size(), 1 + 2 * one);
  EXPECT_TRUE(refused(
      bytes.substr(0, 1) + bytes.substr(1 + one) + bytes.substr(1, one), 2))
      << "in another order";
  EXPECT_TRUE(refused(
      bytes.substr(0, 1) + bytes.substr(1, one) + bytes.substr(1, one), 2))
      << "twice the same";
}

}  // namespace
}  // namespace freshet
