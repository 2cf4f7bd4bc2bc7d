// SPDX-License-Identifier: Apache-2.0
// Each function over random events, split into parts that are merged in any
// order, against what is computed here from all events at once.
#include "features/aggregations/function.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "features/aggregations/scalar_bytes.h"
#include "features/value_codec.h"

namespace freshet {
namespace {

using enum AggregateFunction;

struct Event {
  EventOrder order;
  Datum value;
};

// A sum without any rounding but the last. Source: J. Shewchuk, "Adaptive
// precision floating-point arithmetic", 1997, as Python's math.fsum has it.
double ExactSum(const std::vector<double>& numbers) {
  std::vector<double> partials;
  for (double x : numbers) {
    size_t kept = 0;
    for (double y : partials) {
      if (std::abs(x) < std::abs(y)) std::swap(x, y);
      const double high = x + y;
      const double low = y - (high - x);
      if (low != 0) partials[kept++] = low;
      x = high;
    }
    partials.resize(kept);
    partials.push_back(x);
  }
  // Partials do not overlap: from the greatest on, the first that changes
  // nothing but for a tie ends it; a long double has bits enough for these.
  long double sum = 0;
  for (const double partial : partials) sum += partial;
  return static_cast<double>(sum);
}

class FunctionTest : public testing::Test {
 protected:
  // What the function answers over events that came in `parts` parts.
  Value Answered(const FunctionCall& call, const Type& column,
                 std::vector<Event> events, size_t parts = 7) {
    const PartialSpec spec = SpecOf(call, column);
    EXPECT_TRUE(CheckPartialSpec(spec).ok());
    std::shuffle(events.begin(), events.end(), random_);
    std::vector<Partial> partials;
    for (size_t i = 0; i < parts; ++i) partials.push_back(MakePartial(spec));
    for (size_t i = 0; i < events.size(); ++i) {
      AddTo(partials[random_() % parts], events[i].value, events[i].order);
    }
    Partial merged = MakePartial(spec);
    for (const Partial& partial : partials) {
      if (std::visit([](const auto& p) { return p.empty(); }, partial)) {
        continue;
      }
      std::string bytes;
      std::visit([&](const auto& p) { p.AppendTo(&bytes); }, partial);
      ByteReader in(bytes);
      std::visit([&](auto& p) { p.Merge(in); }, merged);
      EXPECT_TRUE(in.ok());
      EXPECT_TRUE(in.AtEnd());
    }
    std::string out;
    state_ = Answer(call, column, merged, &out);
    if (state_ != AnswerState::kValue && state_ != AnswerState::kApproximate) {
      return Value();
    }
    return *DecodeValue(*ResultType(call, column), out);
  }

  std::vector<Event> Reals(const std::vector<double>& numbers) {
    std::vector<Event> events;
    for (const double number : numbers) {
      events.push_back({NextOrder(), Datum::Real(number)});
    }
    return events;
  }

  std::vector<Event> Integers(const std::vector<int64_t>& numbers) {
    std::vector<Event> events;
    for (const int64_t number : numbers) {
      events.push_back({NextOrder(), Datum::Integer(number)});
    }
    return events;
  }

  // Of the strings' bytes.
  std::vector<Event> Texts(const std::vector<std::string>& texts) {
    std::vector<Event> events;
    for (const std::string& text : texts) {
      events.push_back({NextOrder(), Datum::Text(text)});
    }
    return events;
  }

  // Times repeat, so that partitions and offsets decide as well.
  EventOrder NextOrder() {
    ++events_;
    return {.time_micros = events_ / 3,
            .partition = static_cast<int32_t>(events_ % 3),
            .offset = 1'000 - events_};
  }

  // Amounts as they are paid, with a few that are absurd.
  std::vector<double> Amounts(size_t count) {
    std::vector<double> amounts;
    for (size_t i = 0; i < count; ++i) {
      double amount = static_cast<double>(random_() % 100'000) / 7;
      if (random_() % 50 == 0) amount = random_() % 2 == 0 ? 1e12 : -1e12;
      amounts.push_back(amount);
    }
    return amounts;
  }

  std::mt19937_64 random_{20'130'310};
  AnswerState state_ = AnswerState::kNull;
  int64_t events_ = 0;
};

const Type kDoubleType{.kind = Kind::kDouble};
const Type kInt64Type{.kind = Kind::kInt64};
const Type kStringType{.kind = Kind::kString};
const Type kPrice{.kind = Kind::kDecimal, .precision = 10, .scale = 2};

TEST_F(FunctionTest, Rule25SumOfDoublesIsTheExactOneRoundedOnce) {
  for (int round = 0; round < 200; ++round) {
    const std::vector<double> amounts = Amounts(1 + random_() % 300);

    EXPECT_EQ(Answered({.function = kSum}, kDoubleType, Reals(amounts)),
              Value(ExactSum(amounts)));
  }
}

TEST_F(FunctionTest, Rule25MeanOfDoublesIsTheExactSumByTheCount) {
  const std::vector<double> amounts = Amounts(300);

  EXPECT_EQ(Answered({.function = kMean}, kDoubleType, Reals(amounts)),
            Value(ExactSum(amounts) / 300));
}

TEST_F(FunctionTest, SumOfInfinitiesIsWhatAdditionSays) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();

  EXPECT_EQ(Answered({.function = kSum}, kDoubleType, Reals({1, kInfinity, 2})),
            Value(kInfinity));
  EXPECT_TRUE(std::isnan(std::get<double>(
      Answered({.function = kSum}, kDoubleType, Reals({kInfinity, -kInfinity}))
          .v)));
  EXPECT_TRUE(std::isnan(std::get<double>(
      Answered({.function = kSum}, kDoubleType, Reals({1, std::nan(""), 2}))
          .v)));
}

TEST_F(FunctionTest, SpreadOfAnInfinityIsNoNumberInWhateverParts) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();

  for (size_t parts = 1; parts <= 9; ++parts) {
    for (const AggregateFunction function : {kVariance, kStddevPop}) {
      const Value spread = Answered({.function = function}, kDoubleType,
                                    Reals({1, kInfinity, 2}), parts);
      EXPECT_TRUE(std::isnan(std::get<double>(spread.v))) << parts;
    }
  }
}

TEST_F(FunctionTest, Rule24IntegerSumPassesBeyondItsTypeAndComesBack) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

  EXPECT_TRUE(Answered({.function = kSum}, kInt64Type,
                       Integers({kMost, kMost, -kMost, 5}))
                  .IsNull());
  EXPECT_EQ(state_, AnswerState::kOverflow);
  EXPECT_EQ(Answered({.function = kSum}, kInt64Type,
                     Integers({kMost, kMost, -kMost, -5})),
            Value(kMost - 5));
}

TEST_F(FunctionTest, DecimalsKeepTheirScale) {
  EXPECT_EQ(Answered({.function = kSum}, kPrice, Integers({1'050, 275})),
            Value(int64_t{1'325}));
  EXPECT_EQ(ResultType({.function = kSum}, kPrice)->ToString(),
            "decimal(18,2)");
  EXPECT_EQ(Answered({.function = kMean}, kPrice, Integers({1'050, 275})),
            Value(6.625));
  EXPECT_EQ(Answered({.function = kStddevPop}, kPrice, Integers({100, 300})),
            Value(1.0));
}

TEST_F(FunctionTest, Rule24ADecimalSumOfNineteenDigitsOverflows) {
  EXPECT_TRUE(
      Answered({.function = kSum}, kPrice,
               Integers({600'000'000'000'000'000, 600'000'000'000'000'000}))
          .IsNull());
  EXPECT_EQ(state_, AnswerState::kOverflow);
}

TEST_F(FunctionTest, SpreadIsRightFarFromZero) {
  for (int round = 0; round < 100; ++round) {
    std::vector<double> numbers;
    const double shift = round % 2 == 0 ? 0 : 1e9;
    for (size_t i = 0; i < 2 + random_() % 200; ++i) {
      numbers.push_back(shift + static_cast<double>(random_() % 1'000) / 7);
    }
    // In two passes.
    const double mean = ExactSum(numbers) / static_cast<double>(numbers.size());
    std::vector<double> squares;
    for (const double x : numbers) squares.push_back((x - mean) * (x - mean));
    const double variance =
        ExactSum(squares) / static_cast<double>(numbers.size() - 1);

    const Value got =
        Answered({.function = kVariance}, kDoubleType, Reals(numbers));

    EXPECT_NEAR(std::get<double>(got.v), variance, variance * 1e-7);
    EXPECT_NEAR(
        std::get<double>(
            Answered({.function = kStddev}, kDoubleType, Reals(numbers)).v),
        std::sqrt(variance), std::sqrt(variance) * 1e-7);
  }
}

TEST_F(FunctionTest, Rule24OneNumberHasNoSampleSpread) {
  EXPECT_TRUE(
      Answered({.function = kStddev}, kDoubleType, Reals({4})).IsNull());
  EXPECT_EQ(state_, AnswerState::kNull);
  EXPECT_EQ(Answered({.function = kVariancePop}, kDoubleType, Reals({4})),
            Value(0.0));
}

TEST_F(FunctionTest, Rule24CountsAreNoughtAndTheRestIsNullWhereNothingIs) {
  for (const auto function : {kCount, kCountDistinct, kApproxCountDistinct}) {
    FunctionCall call{.function = function};
    if (function == kCountDistinct) call.size = 100;
    if (function == kApproxCountDistinct) call.size = 10;
    EXPECT_EQ(Answered(call, kDoubleType, {}), Value(int64_t{0}));
  }
  for (const auto function :
       {kSum, kMean, kMin, kMax, kStddev, kVariancePop, kFirst, kLast}) {
    Answered({.function = function}, kDoubleType, {});
    EXPECT_EQ(state_, AnswerState::kNull) << FunctionName(function);
  }
}

TEST_F(FunctionTest, ASumKnowsTheCount) {
  std::string out;
  Partial sum = MakePartial(SpecOf({.function = kSum}, kDoubleType));
  EXPECT_TRUE(
      Answers(SpecOf({.function = kSum}, kDoubleType), {.function = kCount}));
  AddTo(sum, Datum::Real(3), {});

  EXPECT_EQ(Answer({.function = kCount}, kDoubleType, sum, &out),
            AnswerState::kValue);
  EXPECT_EQ(*DecodeValue(kInt64Type, out), Value(int64_t{1}));
}

TEST_F(FunctionTest, NanIsGreaterThanEveryNumber) {
  const std::vector<double> numbers = {3, std::nan(""), -7, 5};

  EXPECT_EQ(Answered({.function = kMin}, kDoubleType, Reals(numbers)),
            Value(-7.0));
  EXPECT_TRUE(std::isnan(std::get<double>(
      Answered({.function = kMax}, kDoubleType, Reals(numbers)).v)));
  EXPECT_EQ(Answered({.function = kMin}, kDoubleType, Reals({0.0, -0.0})),
            Value(-0.0));
}

TEST_F(FunctionTest, ExtremesOfStringsAreByTheirBytes) {
  const std::vector<std::string> texts = {"pear", "", std::string("p\0x", 3),
                                          "apple", "\xc3\xa4"};

  EXPECT_EQ(Answered({.function = kMin}, kStringType, Texts(texts)),
            Value(std::string()));
  EXPECT_EQ(Answered({.function = kMax}, kStringType, Texts(texts)),
            Value(std::string("\xc3\xa4")));
}

TEST_F(FunctionTest, Rule24FirstAndLastGoByTimePartitionAndOffset) {
  for (int round = 0; round < 50; ++round) {
    std::vector<int64_t> numbers(1 + random_() % 60);
    for (int64_t& number : numbers) {
      number = static_cast<int64_t>(random_() % 1'000);
    }
    std::vector<Event> events = Integers(numbers);
    std::vector<Event> sorted = events;
    std::sort(sorted.begin(), sorted.end(),
              [](const Event& a, const Event& b) { return a.order < b.order; });

    EXPECT_EQ(Answered({.function = kFirst}, kInt64Type, events),
              Value(sorted.front().value.integer));
    EXPECT_EQ(Answered({.function = kLast}, kInt64Type, events),
              Value(sorted.back().value.integer));
    Value::List first;
    Value::List last;
    for (size_t i = 0; i < sorted.size(); ++i) {
      if (i < 5) first.emplace_back(sorted[i].value.integer);
      if (i + 5 >= sorted.size()) last.emplace_back(sorted[i].value.integer);
    }
    EXPECT_EQ(Answered({.function = kFirstN, .n = 5}, kInt64Type, events),
              Value(first));
    EXPECT_EQ(Answered({.function = kLastN, .n = 5}, kInt64Type, events),
              Value(last));
  }
}

TEST_F(FunctionTest, AnEventThatComesTwiceIsOneOfTheLast) {
  std::vector<Event> events = Integers({1, 2, 3});
  events.insert(events.end(), events.begin(), events.begin() + 3);

  EXPECT_EQ(Answered({.function = kLastN, .n = 5}, kInt64Type, events),
            Value(Value::List{Value(int64_t{1}), Value(int64_t{2}),
                              Value(int64_t{3})}));
}

TEST_F(FunctionTest, DistinctIsExactUpToItsSizeAndSaysSoBeyond) {
  std::vector<int64_t> numbers(5'000);
  std::iota(numbers.begin(), numbers.end(), -200);
  std::vector<int64_t> twice = numbers;
  twice.insert(twice.end(), numbers.begin(), numbers.end());

  EXPECT_EQ(Answered({.function = kCountDistinct, .size = 5'000}, kInt64Type,
                     Integers(twice)),
            Value(int64_t{5'000}));
  EXPECT_EQ(state_, AnswerState::kValue);
  const Value estimate = Answered({.function = kCountDistinct, .size = 1'000},
                                  kInt64Type, Integers(twice));
  EXPECT_EQ(state_, AnswerState::kApproximate);
  // Four times the standard error of 3.2 %.
  EXPECT_NEAR(static_cast<double>(std::get<int64_t>(estimate.v)), 5'000, 640);
  // In one part, which alone knows that there were more.
  for (const size_t parts : {1U, 2U, 7U, 60U}) {
    EXPECT_EQ(Answered({.function = kCountDistinct, .size = 1'000}, kInt64Type,
                       Integers(twice), parts),
              estimate);
    EXPECT_EQ(state_, AnswerState::kApproximate);
  }
}

TEST_F(FunctionTest, AllNansAndBothNoughtsAreOneValueEach) {
  EXPECT_EQ(Answered({.function = kCountDistinct, .size = 100}, kDoubleType,
                     Reals({0.0, -0.0, std::nan("1"), std::nan("2"), 3})),
            Value(int64_t{3}));
}

TEST_F(FunctionTest, Rule25ApproximateDistinctIsWithinItsErrorInAnyOrder) {
  std::vector<std::string> texts;
  for (int i = 0; i < 20'000; ++i) texts.push_back(std::to_string(i % 8'000));

  const Value estimate =
      Answered({.function = kApproxCountDistinct, .size = 12}, kStringType,
               Texts(texts));

  // Four times the standard error of 1.6 %.
  EXPECT_NEAR(static_cast<double>(std::get<int64_t>(estimate.v)), 8'000, 520);
  for (int round = 0; round < 5; ++round) {
    EXPECT_EQ(Answered({.function = kApproxCountDistinct, .size = 12},
                       kStringType, Texts(texts), 1 + random_() % 60),
              estimate);
  }
}

TEST_F(FunctionTest, PercentileIsWithinItsShareInAnyOrder) {
  for (int round = 0; round < 50; ++round) {
    std::vector<double> numbers = Amounts(1 + random_() % 400);
    numbers.push_back(0);
    for (size_t i = 0; i < numbers.size(); i += 5) numbers[i] *= -1;
    std::vector<double> sorted = numbers;
    std::sort(sorted.begin(), sorted.end());
    for (const double share : {0.0, 0.05, 0.5, 0.99, 1.0}) {
      const FunctionCall call{
          .function = kApproxPercentile, .percentile = share, .size = 10};
      const double exact = sorted[static_cast<size_t>(
          share * static_cast<double>(sorted.size() - 1))];

      const Value got = Answered(call, kDoubleType, Reals(numbers));

      EXPECT_NEAR(std::get<double>(got.v), exact,
                  std::abs(exact) * 0.010'000'1);
      EXPECT_EQ(Answered(call, kDoubleType, Reals(numbers), 1), got);
    }
  }
}

TEST_F(FunctionTest, PercentileKeepsTheGreatestOfNumbersTooFarApart) {
  std::vector<double> numbers;
  for (int power = -300; power <= 300; ++power) {
    numbers.push_back(std::pow(10, power));
  }
  const FunctionCall median{
      .function = kApproxPercentile, .percentile = 1, .size = 10};

  const Value got = Answered(median, kDoubleType, Reals(numbers));

  EXPECT_NEAR(std::get<double>(got.v), 1e300, 1.01e298);
  for (int round = 0; round < 5; ++round) {
    EXPECT_EQ(Answered(median, kDoubleType, Reals(numbers)), got);
  }
}

TEST_F(FunctionTest, TopIsByCountAndThenByValue) {
  std::vector<int64_t> numbers;
  for (int64_t i = 0; i < 50; ++i) {
    numbers.insert(numbers.end(), static_cast<size_t>(i / 2 + 1), i);
  }

  EXPECT_EQ(Answered({.function = kTopK, .n = 3, .size = 50}, kInt64Type,
                     Integers(numbers)),
            Value(Value::List{Value(int64_t{48}), Value(int64_t{49}),
                              Value(int64_t{46})}));
  EXPECT_EQ(state_, AnswerState::kValue);
}

TEST_F(FunctionTest, TopSaysWhenItHadToLetGo) {
  std::vector<int64_t> numbers;
  for (int64_t i = 0; i < 100; ++i) {
    numbers.insert(numbers.end(), i == 7 ? 500 : 1, i);
  }

  const Value got = Answered({.function = kTopK, .n = 1, .size = 10},
                             kInt64Type, Integers(numbers));

  EXPECT_EQ(got, Value(Value::List{Value(int64_t{7})}));
  EXPECT_EQ(state_, AnswerState::kApproximate);
}

TEST_F(FunctionTest, BoolsAreTheirExtremes) {
  const Type column{.kind = Kind::kBool};

  EXPECT_EQ(Answered({.function = kBoolOr}, column, Integers({0, 1, 0})),
            Value(true));
  EXPECT_EQ(Answered({.function = kBoolAnd}, column, Integers({0, 1, 0})),
            Value(false));
  EXPECT_EQ(Answered({.function = kBoolAnd}, column, Integers({1, 1})),
            Value(true));
}

TEST(FunctionTypeTest, EachFunctionSaysWhatItIsNotOf) {
  EXPECT_EQ(ResultType({.function = kSum}, kStringType).status().message(),
            "function 'sum' is of numbers, not of string");
  EXPECT_EQ(ResultType({.function = kBoolOr}, kInt64Type).status().message(),
            "function 'bool_or' is of bool, not of int64");
  EXPECT_EQ(ResultType({.function = kLast}, *Type::Parse("list<string>"))
                .status()
                .message(),
            "function 'last' is of single values, not of list<string>");
  EXPECT_EQ(ResultType({.function = kTopK, .n = 3}, kStringType)->ToString(),
            "list<string>");
}

TEST(FunctionTypeTest, NamesAreReadBack) {
  for (int i = 0; i <= static_cast<int>(kTopK); ++i) {
    const auto function = static_cast<AggregateFunction>(i);
    EXPECT_EQ(FindFunction(FunctionName(function)), function);
  }
  EXPECT_EQ(FindFunction("median"), std::nullopt);
}

}  // namespace
}  // namespace freshet
