// SPDX-License-Identifier: Apache-2.0
#include "loader/history/tile_sorter.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "config/parse.h"
#include "features/streams/event_rows.h"
#include "tests/fakes/temp_dir.h"

namespace freshet {
namespace {

constexpr int64_t kDay = 86'400'000'000;
constexpr int64_t kEnd = 16'000 * kDay;

constexpr std::string_view kFile = R"(
project: shop
entities:
  - {name: user, join_keys: [{name: user, type: string}]}
stream_sources:
  - name: payments
    fields:
      - {name: user, type: string}
      - {name: cents, type: int64}
      - {name: shop, type: string}
      - {name: at, type: timestamp}
    timestamp_field: at
    single_node: true
stream_feature_views:
  - name: paid
    entities: [user]
    source: payments
    duplicates: counted
    aggregations:
      - column: cents
        functions: [sum, min, max, first, stddev]
        windows: [1h, 7d]
BY
)";

// What the sorter has allocated at most, while it takes events of which each is
// in tiles of its own.
size_t PeakBytes(const std::string& by) {
  std::string text(kFile);
  text.replace(text.find("BY"), 2, by);
  ParsedFile file = ParseFile(text);
  EXPECT_TRUE(file.problems.empty()) << FormatProblems("", file.problems);
  const Definitions& definitions = file.definitions;
  const auto plan =
      WindowedViewPlan::Make(definitions, *definitions.FindStreamView("paid"));
  EXPECT_TRUE(plan.ok()) << plan.status();
  TempDir dir;
  RowSorterOptions options;
  options.dir = dir.path();
  options.buffer_bytes = 1 << 20;
  auto sorter = TileSorter::Create(*plan, {kEnd - kDay, kEnd}, options);
  EXPECT_TRUE(sorter.ok()) << sorter.status();
  EventRows events(definitions.FindStreamSource("payments")->fields);
  const size_t before = mallinfo2().uordblks;
  size_t peak = 0;
  for (int i = 0; i < 21'000; ++i) {
    events.Begin(0, i);
    events.SetText(0, std::to_string(i));
    events.SetInteger(1, i);
    events.SetText(2, fmt::format("a shop with a longer name {:09}", i));
    events.SetInteger(3, kEnd - 1 - i);
    if (events.size() < 500) continue;
    EXPECT_TRUE((*sorter)->Add(events.batch()).ok());
    events.Clear();
    peak = std::max(peak, mallinfo2().uordblks);
  }
  return peak - std::min(peak, before);
}

TEST(TileSorterTest, GroupsAreCollectedInNoMoreMemoryThanOtherTiles) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer allocates";
#endif
  const size_t of_tiles = PeakBytes("");
  const size_t of_groups = PeakBytes("        by: shop");
  RecordProperty("of_tiles", std::to_string(of_tiles));
  RecordProperty("of_groups", std::to_string(of_groups));
  EXPECT_GT(of_tiles, size_t{10} << 20);
  EXPECT_LT(of_groups, of_tiles * 5 / 4);
}

}  // namespace
}  // namespace freshet
