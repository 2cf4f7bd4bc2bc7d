// SPDX-License-Identifier: Apache-2.0
#include "features/windows/window_cost.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "features/expressions/value_column.h"
#include "features/windows/tile_block.h"
#include "features/windows/window_reader.h"

namespace freshet {
namespace {

constexpr int64_t kDayMicros = 86'400'000'000;

// A value as wide as most are.
Datum SampleOf(Kind kind, size_t number) {
  static constexpr std::string_view kText = "sixteen bytes ..";
  switch (StorageOf(kind)) {
    case Storage::kIntegers:
      return Datum::Integer(
          kind == Kind::kBool ? 1 : 1'000'000 + static_cast<int64_t>(number));
    case Storage::kReals:
      return Datum::Real(1e6 / (3.0 + static_cast<double>(number)));
    case Storage::kStrings:
      break;
  }
  return Datum::Text(kText);
}

void AddSample(const WindowPlan& plan, size_t number, const EventOrder& order,
               Tile& tile) {
  const std::vector<PartialSpec>& partials = plan.shape().partials();
  for (size_t i = 0; i < partials.size(); ++i) {
    const Datum value = SampleOf(partials[i].value, number);
    if (partials[i].groups > 0) {
      tile.AddToGroup(i, SampleOf(partials[i].by, number), value, order);
    } else {
      tile.Add(i, value, order);
    }
  }
}

int64_t BytesOfMoment(const WindowPlan& plan, int64_t at_micros) {
  Tile tile(plan.shape());
  AddSample(plan, 0, {.time_micros = at_micros}, tile);
  std::string bytes;
  tile.AppendTo(&bytes);
  MomentBlockBuilder block(plan.shape());
  block.Add(IndexInBlock(TileLevel::kMoment, at_micros), bytes);
  return static_cast<int64_t>(block.Finish().size() + kBlockKeyBytes);
}

int64_t BytesOf(const WindowPlan& plan, TileLevel level, int64_t now_micros) {
  const int64_t first = TileAt(level, plan.KeptFrom(level, now_micros));
  const int64_t last = TileAt(level, now_micros - 1);
  std::map<BlockId, BlockBuilder> blocks;
  size_t events = 0;
  for (int64_t number = first; number <= last; ++number) {
    Tile& tile = blocks.try_emplace(BlockOf(level, number), plan.shape())
                     .first->second.At(IndexInBlock(level, number));
    const EventOrder order = {.time_micros = number * TileMicros(level),
                              .partition = 0,
                              .offset = static_cast<int64_t>(events)};
    AddSample(plan, events, order, tile);
    ++events;
  }
  return std::accumulate(
      blocks.begin(), blocks.end(), int64_t{0}, [](int64_t sum, auto& block) {
        return sum + static_cast<int64_t>(block.second.Finish().size() +
                                          kBlockKeyBytes);
      });
}

}  // namespace

WindowCost CostOf(const WindowPlan& plan) {
  std::vector<size_t> outputs(plan.outputs().size());
  std::iota(outputs.begin(), outputs.end(), 0);
  // Any year does; where windows begin of which it matters, the first one of
  // theirs is over.
  const int64_t year_over = plan.since_max_micros() + 366 * kDayMicros;
  WindowReader reader(plan);
  WindowCost cost;
  // Each time a little later of the hour, the day and the 32 days of the
  // longest tiles.
  constexpr int kMoments = 512;
  constexpr int64_t kStepMicros = kDayMicros / 7 + 61'000'000;
  for (int i = 0; i < kMoments; ++i) {
    reader.Prepare(outputs, year_over + i * kStepMicros);
    cost.reads_max = std::max(cost.reads_max, reader.blocks().size());
  }
  const int64_t step = CutoverStepMicros(plan);
  for (int i = 0; i < kMoments; ++i) {
    const int64_t now = year_over + i * kStepMicros;
    // From an hour to a month ago, and as much whole before.
    const int64_t age = (i % 31 + 1) * (i % 2 == 0 ? kDayMicros : step);
    const HistorySpan span =
        SpanOfTiles(plan, {.from_micros = i % 3 == 0 ? now - 2 * age : 0,
                           .end_micros = now - age});
    reader.Prepare(outputs, now, &span);
    cost.reads_with_history_max =
        std::max(cost.reads_with_history_max,
                 reader.blocks().size() + reader.history_blocks().size());
  }
  for (const TileLevel level : plan.levels()) {
    if (level == TileLevel::kMoment) {
      cost.event_bytes = BytesOfMoment(plan, year_over - 1);
      cost.events_micros = plan.ReachOf(level).exact_micros;
    } else {
      cost.bytes_max += BytesOf(plan, level, year_over);
    }
  }
  return cost;
}

}  // namespace freshet
