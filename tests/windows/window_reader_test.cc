// SPDX-License-Identifier: Apache-2.0
// What is read from tiles, against all events of a window gone through one by
// one.
#include "features/windows/window_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "features/value_codec.h"
#include "features/windows/tile_block.h"

namespace freshet {
namespace {

using enum AggregateFunction;

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;

const Type kInt64Type{.kind = Kind::kInt64};

struct Event {
  EventOrder order;
  int64_t value = 0;
};

const std::vector<Window> kWindows = {
    {.length_micros = kMinute},
    {.length_micros = 10 * kMinute},
    {.length_micros = 4 * kHour},
    {.length_micros = 7 * kDay},
    {.length_micros = 100 * kDay},
    {.length_micros = 10 * kSecond, .exact = true},
    {.length_micros = 10 * kMinute, .exact = true},
    {.length_micros = 4 * kHour + 3, .exact = true},
    {.length_micros = kDay, .exact = true},
    {.since_micros = 15'770 * kDay}};
const size_t kFinite = kWindows.size() - 1;

// By docs/semantics.md, rule 26, as people would say it.
const std::vector<int64_t> kHops = {
    kSecond, 10 * kSecond, kMinute, kHour, kDay, 1, 1, 1, 1, 0};

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

// A count, a sum, a maximum and, where windows are no series, the last three.
WindowPlan MakePlan(const std::vector<Window>& windows) {
  TileShape shape(
      {{.kind = PartialKind::kIntegerSum, .value = Kind::kInt64},
       {.kind = PartialKind::kMax, .value = Kind::kInt64},
       {.kind = PartialKind::kLast, .value = Kind::kInt64, .size = 3}});
  std::vector<WindowPlan::Output> outputs;
  for (size_t window = 0; window < windows.size(); ++window) {
    const auto add = [&](size_t partial, AggregateFunction function) {
      outputs.push_back({.window = window,
                         .partial = partial,
                         .call = {.function = function, .n = 3},
                         .column = kInt64Type});
    };
    add(0, kCount);
    add(0, kSum);
    add(1, kMax);
    if (windows[window].count == 1) add(2, kLastN);
  }
  return WindowPlan(std::move(shape), windows, std::move(outputs));
}

// The store's rows of one entity.
class Rows {
 public:
  explicit Rows(const WindowPlan& plan) : plan_(plan) {}

  void Add(const std::vector<Event>& events) {
    std::map<BlockId, BlockBuilder> blocks;
    std::map<BlockId, MomentBlockBuilder> moments;
    for (const Event& event : events) {
      for (const TileLevel level : plan_.levels()) {
        const int64_t tile = TileAt(level, event.order.time_micros);
        const BlockId id = BlockOf(level, tile);
        const uint32_t index = IndexInBlock(level, tile);
        if (level == TileLevel::kMoment) {
          Tile moment(plan_.shape());
          AddTo(moment, event);
          std::string bytes;
          moment.AppendTo(&bytes);
          moments.try_emplace(id, plan_.shape())
              .first->second.Add(index, bytes);
        } else {
          AddTo(blocks.try_emplace(id, plan_.shape()).first->second.At(index),
                event);
        }
      }
    }
    for (const auto& [id, block] : blocks) Merge(id, block.Finish());
    for (const auto& [id, block] : moments) Merge(id, block.Finish());
  }

  std::vector<std::string_view> Find(const std::vector<BlockId>& ids) const {
    std::vector<std::string_view> values;
    for (const BlockId& id : ids) {
      const auto found = rows_.find(id);
      values.push_back(found == rows_.end() ? std::string_view()
                                            : found->second);
    }
    return values;
  }

  // As a compaction filter would.
  void Expire(int64_t now) {
    std::erase_if(rows_, [&](const auto& row) {
      const BlockId& id = row.first;
      return BlockEnd(id) <= plan_.KeptFrom(id.level, now);
    });
  }

  size_t size() const { return rows_.size(); }

 private:
  static void AddTo(Tile& tile, const Event& event) {
    for (size_t i = 0; i < 3; ++i) {
      tile.Add(i, Datum::Integer(event.value), event.order);
    }
  }
  void Merge(const BlockId& id, const std::string& block) {
    std::string& row = rows_[id];
    row = row.empty() ? block : *MergeBlocks({row, block});
  }

  const WindowPlan& plan_;
  std::map<BlockId, std::string> rows_;
};

class WindowReaderTest : public testing::Test {
 protected:
  Value Answered(const WindowReader& reader, size_t at, size_t output) {
    std::string out;
    if (reader.AnswerOf(at, &out) != AnswerState::kValue) return Value();
    const WindowPlan::Output& asked = plan_.outputs()[output];
    return *DecodeValue(*ResultType(asked.call, asked.column), out);
  }

  // Of one window, in the order of the plan's outputs.
  static std::vector<Value> Expected(size_t window, int64_t now,
                                     const std::vector<Event>& events) {
    int64_t from = kWindows[window].since_micros;
    if (kWindows[window].length_micros > 0) {
      from = Floor(now - kWindows[window].length_micros, kHops[window]);
    }
    return ExpectedIn(from, now, events);
  }

  static int64_t Floor(int64_t micros, int64_t hop) {
    return micros - (micros % hop + hop) % hop;
  }

  static std::vector<Value> ExpectedIn(int64_t from, int64_t to,
                                       const std::vector<Event>& events) {
    std::vector<Event> inside;
    for (const Event& event : events) {
      if (event.order.time_micros >= from && event.order.time_micros < to) {
        inside.push_back(event);
      }
    }
    std::sort(inside.begin(), inside.end(),
              [](const Event& a, const Event& b) { return a.order < b.order; });
    int64_t sum = 0;
    int64_t max = std::numeric_limits<int64_t>::min();
    Value::List last;
    for (size_t i = 0; i < inside.size(); ++i) {
      sum += inside[i].value;
      max = std::max(max, inside[i].value);
      if (i + 3 >= inside.size()) last.emplace_back(inside[i].value);
    }
    const auto count = static_cast<int64_t>(inside.size());
    if (count == 0) return {Value(count), Value(), Value(), Value()};
    return {Value(count), Value(sum), Value(max), Value(last)};
  }

  // An age as windows have them: seconds as often as months, and often near the
  // age at which a window ends.
  int64_t RandomAge() {
    const auto below = [&](int64_t end) {
      return static_cast<int64_t>(random_() % static_cast<uint64_t>(end));
    };
    const size_t window = random_() % (kFinite + 3);
    if (window < kFinite) {
      return std::max<int64_t>(0, kWindows[window].length_micros +
                                      below(10 * kHops[window]) -
                                      8 * kHops[window]);
    }
    const int64_t scale[] = {kMinute, kHour, 130 * kDay};
    return below(scale[window - kFinite]);
  }

  const WindowPlan plan_ = MakePlan(kWindows);
  std::mt19937_64 random_{20'130'310};
};

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

// What only the stream says of a history's span is not read, nor what files say
// beside it; and everything else is.
TEST_F(WindowReaderTest, Rule29AHistoryAnswersUpToItsCutOverAndLiveTilesSince) {
  std::vector<size_t> all;
  for (size_t i = 0; i < plan_.outputs().size(); ++i) all.push_back(i);
  WindowReader reader(plan_);
  size_t of_history = 0;
  for (int round = 0; round < 150; ++round) {
    int64_t now = 15'800 * kDay + static_cast<int64_t>(random_() % (40 * kDay));
    if (random_() % 3 == 0) now -= now % (random_() % 2 == 0 ? kDay : kHour);
    // It begins within windows, before them all, or where it ends.
    const int64_t end =
        now / kDay * kDay - kDay * static_cast<int64_t>(random_() % 9);
    const int64_t days[] = {0, 1, 8, 150};
    const HistorySpan span{.from_micros = end - days[random_() % 4] * kDay,
                           .end_micros = end};
    std::vector<Event> live;
    std::vector<Event> files;
    std::vector<Event> counted;
    for (int64_t i = 0; i < 60; ++i) {
      int64_t time = now - 1 - RandomAge();
      if (random_() % 5 == 0) {
        time = end + static_cast<int64_t>(random_() % 3) - 1;
      }
      if (random_() % 9 == 0) {
        time = span.from_micros + static_cast<int64_t>(random_() % 3) - 1;
      }
      if (time >= now) continue;
      const Event event{{.time_micros = time, .offset = i},
                        static_cast<int64_t>(random_() % 1'000)};
      const bool past = time >= span.from_micros && time < span.end_micros;
      const bool in_files = random_() % 2 == 0;
      // A history holds nothing of what is not its own.
      if (past && in_files) files.push_back(event);
      const bool in_live = random_() % 2 == 0;
      if (in_live) live.push_back(event);
      if (past ? in_files : in_live) counted.push_back(event);
    }
    Rows rows(plan_);
    Rows history(plan_);
    rows.Add(live);
    history.Add(files);

    reader.Prepare(all, now, &span);
    ASSERT_TRUE(reader
                    .Read(rows.Find(reader.blocks()),
                          history.Find(reader.history_blocks()))
                    .ok());

    of_history += reader.history_blocks().size();
    for (size_t window = 0; window < kWindows.size(); ++window) {
      const std::vector<Value> expected = Expected(window, now, counted);
      for (size_t i = 0; i < 4; ++i) {
        ASSERT_EQ(Answered(reader, 4 * window + i, 4 * window + i), expected[i])
            << "round " << round << " window " << window << " output " << i;
      }
    }
  }
  EXPECT_GT(of_history, 300U);
}

TEST_F(WindowReaderTest, Rule29AClockBeforeTheCutOverHasNoHistory) {
  const size_t outputs[] = {8};  // Of four hours.
  const int64_t now = 15'800 * kDay + 5;
  WindowReader reader(plan_);
  const HistorySpan later{.from_micros = 15'000 * kDay,
                          .end_micros = 15'801 * kDay};
  reader.Prepare(outputs, now, &later);
  EXPECT_TRUE(reader.history_blocks().empty());

  const HistorySpan before{.from_micros = 15'000 * kDay,
                           .end_micros = 15'800 * kDay};
  reader.Prepare(outputs, now, &before);
  EXPECT_FALSE(reader.history_blocks().empty());
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
