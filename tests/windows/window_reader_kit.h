// SPDX-License-Identifier: Apache-2.0
// Windows of each kind over the tiles of one entity, and what they are if all
// events are gone through one by one.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "features/value_codec.h"
#include "features/windows/tile_block.h"
#include "features/windows/window_reader.h"

namespace freshet {

inline constexpr int64_t kSecond = 1'000'000;
inline constexpr int64_t kMinute = 60 * kSecond;
inline constexpr int64_t kHour = 60 * kMinute;
inline constexpr int64_t kDay = 24 * kHour;

struct Event {
  EventOrder order;
  int64_t value = 0;
};

inline const std::vector<Window> kWindows = {
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
inline const size_t kFinite = kWindows.size() - 1;

// By docs/semantics.md, rule 26, as people would say it.
inline const std::vector<int64_t> kHops = {
    kSecond, 10 * kSecond, kMinute, kHour, kDay, 1, 1, 1, 1, 0};

// A count, a sum, a maximum and, where windows are no series, the last three.
inline WindowPlan MakePlan(const std::vector<Window>& windows) {
  using enum AggregateFunction;
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
                         .column = {.kind = Kind::kInt64}});
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
      values.emplace_back();
      if (rows_.contains(id)) values.back() = rows_.at(id);
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
    const int64_t length = kWindows[window].length_micros;
    return ExpectedIn(length > 0 ? Floor(now - length, kHops[window])
                                 : kWindows[window].since_micros,
                      now, events);
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

}  // namespace freshet
