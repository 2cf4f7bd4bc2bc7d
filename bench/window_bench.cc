// SPDX-License-Identifier: Apache-2.0
// What windows cost, exact ones and sawtooth: to add an event to them, and to
// read those of an entity from blocks that are in memory.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/check.h"
#include "features/key_codec.h"
#include "features/streams/tile_collector.h"
#include "features/windows/window_reader.h"

namespace freshet {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kHour = 60 * kMinute;
// Half a second after one begins: so much of an exact window is of moments.
constexpr int64_t kNow = 1'700'000'000 * kSecond + kSecond / 2;

WindowedViewPlan PlanOf(int64_t window_micros, WindowMode mode) {
  const StreamSource source = {.name = "payments",
                               .fields = {{"user", {.kind = Kind::kInt64}},
                                          {"amount", {.kind = Kind::kDouble}},
                                          {"at", {.kind = Kind::kTimestamp}}},
                               .timestamp_field = "at"};
  const WindowedView view = {
      .name = "payments",
      .source = "payments",
      .aggregations = {{.column = "amount",
                        .functions = {{.function = AggregateFunction::kCount},
                                      {.function = AggregateFunction::kSum},
                                      {.function = AggregateFunction::kMax},
                                      {.function = AggregateFunction::kLast}},
                        .windows_micros = {window_micros},
                        .mode = mode}}};
  auto plan =
      WindowedViewPlan::Make(source, view, {{"user", {.kind = Kind::kInt64}}});
  CHECK(plan.ok());
  return *std::move(plan);
}

// Of `users` one after the other, at any time in [from, to).
EventBatch EventsOf(size_t rows, int64_t users, int64_t from, int64_t to) {
  std::mt19937_64 random(20'130'310);
  EventBatch batch;
  batch.rows = rows;
  for (const Kind kind : {Kind::kInt64, Kind::kDouble, Kind::kTimestamp}) {
    ValueColumn& column = batch.fields.emplace_back();
    column.type = {.kind = kind};
    column.Resize(rows);
    std::fill(column.states.begin(), column.states.end(), RowState::kValue);
  }
  for (size_t row = 0; row < rows; ++row) {
    const auto number = static_cast<int64_t>(row);
    batch.fields[0].integers[row] = number % users;
    batch.fields[1].reals[row] = static_cast<double>(number % 1'000) / 7;
    batch.fields[2].integers[row] =
        from +
        static_cast<int64_t>(random() % static_cast<uint64_t>(to - from));
    batch.partitions.push_back(0);
    batch.offsets.push_back(number);
  }
  return batch;
}

// The rows of the store of one user.
std::unordered_map<std::string, std::string> RowsOf(
    const WindowedViewPlan& plan, const EventBatch& events) {
  TileCollector collector(plan);
  collector.Add(events, kNow);
  std::unordered_map<std::string, std::string> rows;
  collector.Take([&](std::string_view key, std::string_view value) {
    rows.emplace(key, value);
  });
  return rows;
}

// A second's events of all users, as a tick brings them.
void AddEvents(benchmark::State& state, WindowMode mode) {
  const WindowedViewPlan plan = PlanOf(kHour, mode);
  constexpr size_t kRows = 10'000;
  const EventBatch events =
      EventsOf(kRows, state.range(0), kNow - kSecond, kNow);
  TileCollector collector(plan);
  for (auto _ : state) {
    collector.Add(events, kNow);
    collector.Take([](std::string_view, std::string_view value) {
      benchmark::DoNotOptimize(value.data());
    });
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kRows));
}
void BM_AddToSawtooth(benchmark::State& state) {
  AddEvents(state, WindowMode::kSawtooth);
}
void BM_AddToExact(benchmark::State& state) {
  AddEvents(state, WindowMode::kExact);
}
// Users among whom they are.
BENCHMARK(BM_AddToSawtooth)->Arg(16)->Arg(10'000);
BENCHMARK(BM_AddToExact)->Arg(16)->Arg(10'000);

// Four features of one window; `range`: its seconds, and events a second.
void ReadWindow(benchmark::State& state, WindowMode mode) {
  const int64_t window = state.range(0) * kSecond;
  const WindowedViewPlan plan = PlanOf(window, mode);
  const auto events = static_cast<size_t>(state.range(0) * state.range(1));
  const auto rows = RowsOf(plan, EventsOf(events, 1, kNow - window, kNow));
  std::string user;
  AppendKeyInt64(0, &user);
  const std::vector<size_t> outputs = {0, 1, 2, 3};
  WindowReader reader(plan.windows);
  int64_t moments = 0;
  int64_t tiles = 0;
  for (const auto& [key, value] : rows) {
    const auto block = ParseBlockKey(key);
    (block->level == TileLevel::kMoment ? moments : tiles) +=
        static_cast<int64_t>(key.size() + value.size());
  }
  std::vector<std::string_view> values;
  std::string key;
  for (auto _ : state) {
    reader.Prepare(outputs, kNow);
    values.clear();
    for (const BlockId& block : reader.blocks()) {
      key.clear();
      AppendBlockKey(user, block, &key);
      const auto found = rows.find(key);
      values.push_back(found == rows.end() ? std::string_view()
                                           : found->second);
    }
    CHECK(reader.Read(values).ok());
  }
  state.counters["blocks_read"] = static_cast<double>(values.size());
  state.counters["tile_bytes"] = static_cast<double>(tiles);
  state.counters["moment_bytes_an_event"] =
      static_cast<double>(moments) / static_cast<double>(events);
}
void BM_ReadSawtooth(benchmark::State& state) {
  ReadWindow(state, WindowMode::kSawtooth);
}
void BM_ReadExact(benchmark::State& state) {
  ReadWindow(state, WindowMode::kExact);
}
BENCHMARK(BM_ReadSawtooth)
    ->Args({600, 1})
    ->Args({600, 100})
    ->Args({600, 1'000})
    ->Args({86'400, 1});
BENCHMARK(BM_ReadExact)
    ->Args({10, 1})
    ->Args({600, 1})
    ->Args({600, 100})
    ->Args({600, 1'000})
    ->Args({86'400, 1});

}  // namespace
}  // namespace freshet
