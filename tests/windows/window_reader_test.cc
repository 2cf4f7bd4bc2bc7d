// SPDX-License-Identifier: Apache-2.0
// What is read from tiles, against all events of a window gone through one by
// one.
#include "features/windows/window_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "tests/windows/window_reader_kit.h"

namespace freshet {
namespace {

// Lengths, hops and counts that divide, and those that do not.
const std::vector<Window> kSeries = {
    {.length_micros = kMinute, .count = 60},
    {.length_micros = 10 * kMinute, .count = 7},
    {.length_micros = 61 * kMinute + 30 * kSecond, .count = 24},
    {.length_micros = 7 * kDay, .count = 5},
    {.length_micros = 100 * kDay, .count = 2},
    {.length_micros = 10 * kSecond, .exact = true, .count = 6},
    {.length_micros = 4 * kHour + 3, .exact = true, .count = 3}};
const std::vector<int64_t> kSeriesHops = {
    kSecond, 10 * kSecond, kMinute, kHour, kDay, 1, 1};

TEST_F(WindowReaderTest, Rule26EveryWindowIsAsIfAllItsEventsWereGoneThrough) {
  Rows rows(plan_);
  std::vector<Event> events;
  std::vector<size_t> all;
  for (size_t i = 0; i < plan_.outputs().size(); ++i) all.push_back(i);
  WindowReader reader(plan_);
  int64_t now = 15'772 * kDay;
  size_t values = 0;
  for (int round = 0; round < 300; ++round) {
    now += RandomAge() / 20;
    // Some on the very edges of tiles and windows.
    if (random_() % 3 == 0) {
      const int64_t hop = kHops[random_() % kFinite];
      now = (now / hop + 1) * hop;
    }
    std::vector<Event> fresh;
    for (uint64_t i = 0; i <= random_() % 12; ++i) {
      Event event;
      event.order = {.time_micros = now - 1 - RandomAge(),
                     .partition = static_cast<int32_t>(random_() % 3),
                     .offset = static_cast<int64_t>(events.size() + i)};
      if (random_() % 3 == 0) {
        event.order.time_micros -= event.order.time_micros % kMinute;
      }
      event.value = static_cast<int64_t>(random_() % 1'000) - 300;
      fresh.push_back(event);
    }
    rows.Add(fresh);
    events.insert(events.end(), fresh.begin(), fresh.end());
    rows.Expire(now);

    reader.Prepare(all, now);
    ASSERT_TRUE(std::is_sorted(reader.blocks().begin(), reader.blocks().end()));
    ASSERT_TRUE(reader.Read(rows.Find(reader.blocks())).ok());

    for (size_t window = 0; window < kWindows.size(); ++window) {
      const std::vector<Value> expected = Expected(window, now, events);
      for (size_t i = 0; i < 4; ++i) {
        const Value got = Answered(reader, 4 * window + i, 4 * window + i);
        ASSERT_EQ(got, expected[i])
            << "round " << round << " window " << window << " output " << i;
        values += got.IsNull() ? 0 : 1;
      }
    }
  }
  EXPECT_GT(values, 5'000U);
  EXPECT_LT(rows.size(), 2'000U) << "nothing expired";
}

TEST_F(WindowReaderTest, Rule26ASeriesIsItsWindowsOneAfterTheOther) {
  const WindowPlan plan = MakePlan(kSeries);
  Rows rows(plan);
  std::vector<Event> events;
  std::vector<size_t> all(plan.outputs().size());
  std::iota(all.begin(), all.end(), 0);
  WindowReader reader(plan);
  const auto below = [&](int64_t end) {
    return static_cast<int64_t>(random_() % static_cast<uint64_t>(end));
  };
  int64_t now = 15'772 * kDay;
  size_t counted = 0;
  for (int round = 0; round < 150; ++round) {
    now += below(round % 3 == 0 ? kDay : 10 * kMinute);
    std::vector<Event> fresh;
    for (int64_t i = 0; i <= below(20); ++i) {
      // Near an edge of some window, mostly, or on it.
      const size_t of = static_cast<size_t>(below(kSeries.size()));
      const Window& window = kSeries[of];
      int64_t at = now - below(window.count + 1) * window.length_micros;
      if (below(2) == 0) at = Floor(at, kSeriesHops[of]);
      at += below(3) - 1;
      if (below(4) == 0) at = now - below(40 * kDay);
      fresh.push_back({{.time_micros = std::min(at, now - 1),
                        .offset = static_cast<int64_t>(events.size()) + i},
                       below(1'000) - 300});
    }
    rows.Add(fresh);
    events.insert(events.end(), fresh.begin(), fresh.end());
    rows.Expire(now);
    reader.Prepare(all, now);
    ASSERT_TRUE(reader.Read(rows.Find(reader.blocks())).ok());
    for (size_t window = 0; window < kSeries.size(); ++window) {
      std::vector<Value::List> expected(3);
      for (int64_t later = kSeries[window].count; later-- > 0;) {
        const int64_t length = kSeries[window].length_micros;
        const int64_t hop = kSeriesHops[window];
        const int64_t from = Floor(now - (later + 1) * length, hop);
        const int64_t to = later == 0 ? now : Floor(now - later * length, hop);
        const std::vector<Value> one = ExpectedIn(from, to, events);
        for (size_t i = 0; i < 3; ++i) expected[i].push_back(one[i]);
      }
      for (size_t i = 0; i < 3; ++i) {
        std::string out;
        ASSERT_EQ(reader.AnswerOf(3 * window + i, &out), AnswerState::kValue);
        const Value got =
            *DecodeValue({.kind = Kind::kInt64, .list = true}, out);
        ASSERT_EQ(got, Value(expected[i]))
            << "round " << round << " series " << window << " output " << i;
      }
      for (const Value& one : expected[1]) counted += one.IsNull() ? 0 : 1;
    }
  }
  EXPECT_GT(counted, 3'000U);
}

TEST_F(WindowReaderTest, Rule24ASumOfASeriesThatDoesNotFitIsNoList) {
  const WindowPlan plan = MakePlan(kSeries);
  Rows rows(plan);
  const int64_t now = 15'772 * kDay + 7;
  const int64_t most = std::numeric_limits<int64_t>::max();
  rows.Add({{{.time_micros = now - 90 * kSecond, .offset = 1}, most},
            {{.time_micros = now - 90 * kSecond, .offset = 2}, most},
            {{.time_micros = now - 1, .offset = 3}, 7}});
  WindowReader reader(plan);
  const size_t count_and_sum[] = {0, 1};
  reader.Prepare(count_and_sum, now);
  ASSERT_TRUE(reader.Read(rows.Find(reader.blocks())).ok());
  std::string out;
  EXPECT_EQ(reader.AnswerOf(0, &out), AnswerState::kValue);
  EXPECT_EQ(reader.AnswerOf(1, &out), AnswerState::kOverflow);
  EXPECT_TRUE(out.empty());
}

TEST_F(WindowReaderTest, Rule26BothEdgesOfAnExactWindowAreOfAMicrosecond) {
  WindowReader reader(plan_);
  for (int round = 0; round < 200; ++round) {
    const size_t window = 5 + random_() % 4;
    const size_t count = 4 * window;
    const int64_t length = kWindows[window].length_micros;
    // Also on the edges of tiles.
    int64_t at = 15'800 * kDay + static_cast<int64_t>(random_() % kDay);
    if (random_() % 3 == 0) at -= at % kMinute;
    Rows rows(plan_);
    rows.Add({{{.time_micros = at}, 1}});
    const auto counted = [&](int64_t now) {
      const size_t outputs[] = {count};
      reader.Prepare(outputs, now);
      // A store holds nothing of now or later.
      EXPECT_TRUE(reader.Read(rows.Find(reader.blocks())).ok());
      return Answered(reader, 0, count);
    };
    ASSERT_EQ(counted(at + 1), Value(int64_t{1}));
    ASSERT_EQ(counted(at + length - 1), Value(int64_t{1}));
    ASSERT_EQ(counted(at + length), Value(int64_t{1})) << "at q - W";
    ASSERT_EQ(counted(at + length + 1), Value(int64_t{0})) << "before q - W";
  }
}

TEST_F(WindowReaderTest, OnlyTheBlocksOfWhatIsAskedAreNeeded) {
  Rows rows(plan_);
  const int64_t now = 15'800 * kDay + 5 * kHour;
  rows.Add({{{.time_micros = now - 1}, 7}, {{.time_micros = now - kHour}, 9}});
  WindowReader reader(plan_);
  const size_t minute_count[] = {0};
  const size_t hour_max[] = {10};

  reader.Prepare(minute_count, now);
  EXPECT_LE(reader.blocks().size(), 2U);
  ASSERT_TRUE(reader.Read(rows.Find(reader.blocks())).ok());
  EXPECT_EQ(Answered(reader, 0, 0), Value(int64_t{1}));

  reader.Prepare(hour_max, now);
  ASSERT_TRUE(reader.Read(rows.Find(reader.blocks())).ok());
  EXPECT_EQ(Answered(reader, 0, 10), Value(int64_t{9}));
}

TEST_F(WindowReaderTest, AnEntityThatWasNeverSeenHasNoEvents) {
  WindowReader reader(plan_);
  const size_t outputs[] = {0, 1};
  reader.Prepare(outputs, 15'800 * kDay);

  const std::vector<std::string_view> none(reader.blocks().size());
  ASSERT_TRUE(reader.Read(none).ok());

  EXPECT_EQ(Answered(reader, 0, 0), Value(int64_t{0}));
  EXPECT_TRUE(Answered(reader, 1, 1).IsNull());
}

TEST_F(WindowReaderTest, AWindowThatIsStillToBeginHasNoEvents) {
  const size_t lifetime_count = 4 * (kWindows.size() - 1);
  const size_t outputs[] = {lifetime_count, lifetime_count + 2};
  WindowReader reader(plan_);
  reader.Prepare(outputs, kWindows.back().since_micros - kHour - 7);
  EXPECT_TRUE(reader.blocks().empty());
  ASSERT_TRUE(reader.Read({}).ok());

  std::string out;
  EXPECT_EQ(reader.AnswerOf(0, &out), AnswerState::kValue);
  EXPECT_EQ(out, std::string(8, '\0'));
  EXPECT_EQ(reader.AnswerOf(1, &out), AnswerState::kNull);
}

TEST_F(WindowReaderTest, ABlockOfAnotherShapeIsRefused) {
  WindowReader reader(plan_);
  const size_t outputs[] = {0};
  reader.Prepare(outputs, 15'800 * kDay);
  BlockBuilder other(TileShape({{.kind = PartialKind::kCount}}));
  const std::string block = other.Finish();
  std::vector<std::string_view> values(reader.blocks().size());
  values[0] = block;

  EXPECT_EQ(reader.Read(values).message(),
            "a tile block is of another shape than its view");
}

}  // namespace
}  // namespace freshet
