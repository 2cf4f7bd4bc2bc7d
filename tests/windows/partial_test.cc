// SPDX-License-Identifier: Apache-2.0
// Bytes that are none of a partial's: a reader fails, and nothing else happens.
#include "features/aggregations/partial.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace freshet {
namespace {

const PartialSpec kSpecs[] = {
    {.kind = PartialKind::kCount},
    {.kind = PartialKind::kIntegerSum, .value = Kind::kInt64},
    {.kind = PartialKind::kDoubleSum, .value = Kind::kDouble},
    {.kind = PartialKind::kMoments, .value = Kind::kDouble},
    {.kind = PartialKind::kMin, .value = Kind::kString},
    {.kind = PartialKind::kMax, .value = Kind::kDouble},
    {.kind = PartialKind::kFirst, .value = Kind::kDouble, .size = 3},
    {.kind = PartialKind::kLast, .value = Kind::kString, .size = 3},
    {.kind = PartialKind::kDistinct, .value = Kind::kDouble, .size = 16},
    {.kind = PartialKind::kHll, .value = Kind::kDouble, .size = 8},
    {.kind = PartialKind::kQuantiles, .value = Kind::kDouble, .size = 10},
    {.kind = PartialKind::kTop, .value = Kind::kString, .size = 4},
    {.kind = PartialKind::kMax,
     .value = Kind::kDouble,
     .groups = 20,
     .by = Kind::kInt64},
    {.kind = PartialKind::kLast,
     .value = Kind::kString,
     .size = 1,
     .groups = 5,
     .by = Kind::kString},
};

std::string Written(const PartialSpec& spec, int events) {
  Partial partial = MakePartial(spec);
  for (int i = 0; i < events; ++i) {
    const std::string text(static_cast<size_t>(i % 9), 'a');
    Datum value = Datum::Text(text);
    value.integer = i;
    value.real = i * 1.5;
    const EventOrder order{.time_micros = i};
    if (auto* groups = std::get_if<GroupsPartial>(&partial)) {
      groups->Add(value, value, order);
    } else {
      AddTo(partial, value, order);
    }
  }
  std::string bytes;
  std::visit([&](const auto& p) { p.AppendTo(&bytes); }, partial);
  return bytes;
}

TEST(PartialTest, CutBytesFail) {
  for (const PartialSpec& spec : kSpecs) {
    const std::string bytes = Written(spec, 300);
    for (size_t length = 0; length < bytes.size(); ++length) {
      Partial partial = MakePartial(spec);
      ByteReader in(std::string_view(bytes).substr(0, length));
      std::visit([&](auto& p) { p.Merge(in); }, partial);
      EXPECT_FALSE(in.ok()) << static_cast<int>(spec.kind) << " " << length;
    }
  }
}

// Sanitizers say what goes wrong here.
TEST(PartialTest, DamagedBytesDoNoHarm) {
  std::mt19937_64 random(20'130'310);
  for (const PartialSpec& spec : kSpecs) {
    const std::string bytes = Written(spec, 300);
    for (int round = 0; round < 300; ++round) {
      std::string damaged = bytes;
      for (uint64_t i = 0; i <= random() % 4; ++i) {
        damaged[random() % damaged.size()] = static_cast<char>(random());
      }
      Partial partial = MakePartial(spec);
      ByteReader in(damaged);
      std::visit([&](auto& p) { p.Merge(in); }, partial);
    }
  }
}

TEST(PartialTest, ThereIsNoSumOfStrings) {
  EXPECT_EQ(CheckPartialSpec(
                {.kind = PartialKind::kDoubleSum, .value = Kind::kString})
                .message(),
            "there is no partial aggregate of kind 3 for values of kind 6 and "
            "of size 0");
  EXPECT_FALSE(CheckPartialSpec({.kind = PartialKind::kHll, .size = 60}).ok());
  EXPECT_FALSE(CheckPartialSpec({.kind = static_cast<PartialKind>(99)}).ok());
  EXPECT_EQ(CheckPartialSpec({.groups = 1'001, .by = Kind::kString}).message(),
            "there are no 1001 groups by values of kind 6");
  EXPECT_FALSE(CheckPartialSpec({.groups = 10, .by = Kind::kDouble}).ok());
  EXPECT_FALSE(CheckPartialSpec({.kind = PartialKind::kGroups}).ok());
  for (const PartialSpec& spec : kSpecs) {
    EXPECT_TRUE(CheckPartialSpec(spec).ok());
  }
}

}  // namespace
}  // namespace freshet
