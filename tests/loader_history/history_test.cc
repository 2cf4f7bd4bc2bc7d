// SPDX-License-Identifier: Apache-2.0
// Files of events, made into a version of tiles, against what makes tiles of a
// stream.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "config/parse.h"
#include "config/timestamp.h"
#include "features/row_codec.h"
#include "features/streams/event_rows.h"
#include "features/streams/tile_collector.h"
#include "features/windows/tile_block.h"
#include "storage/store_resources.h"
#include "storage/version.h"
#include "tests/loader/load_kit.h"

namespace freshet {
namespace {

using testing::HasSubstr;

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kHour = 3'600 * kSecond;
constexpr int64_t kDay = 24 * kHour;

constexpr std::string_view kTiles = R"(
project: shop
entities:
  - {name: user, join_keys: [{name: user, type: string}]}
stream_sources:
  - name: payments
    fields:
      - {name: user, type: string}
      - {name: cents, type: int64}
      - {name: fee, type: double}
      - {name: paid_at, type: timestamp}
      - {name: refund, type: bool}
      - {name: comment, type: string}
    timestamp_field: paid_at
    single_node: true
stream_feature_views:
  - name: paid
    entities: [user]
    source: payments
    duplicates: counted
    filter: refund IS NOT TRUE
    aggregations:
      - {column: cents, functions: [sum, max, last_n(3)], windows: [1h, 7d]}
      - {column: fee, functions: [mean], windows: [10m]}
      - {functions: [count], windows: [10s], window_mode: exact}
    batch_source: {path: events, since: "2013-11-01T00:00:00Z"}
)";

struct Paid {
  std::string user;  // "": null.
  int64_t cents = 0;
  double fee = 0;
  int64_t at_micros = 0;
  bool refund = false;
};

class HistoryTest : public testing::Test {
 protected:
  HistoryTest() : kit_({{"user", "string"}}, {{"tiles", "bytes"}}) {
    ParsedFile file = ParseFile(kTiles);
    EXPECT_TRUE(file.problems.empty()) << FormatProblems("", file.problems);
    definitions_ = std::move(file.definitions);
    view_ = definitions_.FindView("paid.history");
    auto plan = WindowedViewPlan::Make(definitions_,
                                       *definitions_.FindStreamView("paid"));
    EXPECT_TRUE(plan.ok()) << plan.status();
    plan_.emplace(*std::move(plan));
    LoadSpec& spec = kit_.spec();
    const std::string path = spec.source.path;
    spec.view = "paid.history";
    spec.source = view_->source;
    spec.source.path = path;
    Tell(kTiles);
    now_ = spec.now_micros;  // 2014-01-01
  }

  void Tell(std::string_view text) { kit_.spec().tiles = text; }

  // `Tell` with one text in the place of another.
  void TellWith(std::string_view old, std::string_view text) {
    std::string told(kTiles);
    told.replace(told.find(old), old.size(), text);
    Tell(told);
  }

  void Write(const std::string& name, const std::vector<Paid>& events) {
    std::string text = "user,cents,fee,paid_at,refund\n";
    for (const Paid& event : events) {
      text +=
          fmt::format("{},{},{},{},{}\n", event.user, event.cents, event.fee,
                      FormatTimestamp(event.at_micros), event.refund);
    }
    kit_.Write(name, text);
  }

  // Some of these, in the order in which they stand in files.
  std::vector<Paid> Random(size_t count) {
    std::vector<Paid> events;
    for (size_t i = 0; i < count; ++i) {
      const auto below = [&](int64_t most) {
        return static_cast<int64_t>(random_() % static_cast<uint64_t>(most));
      };
      events.push_back({.user = fmt::format("u{}", below(40)),
                        .cents = below(10'000),
                        .fee = static_cast<double>(below(64)) / 8,
                        .at_micros = now_ - below(12 * kDay) / 1'000 * 1'000,
                        .refund = below(10) == 0});
    }
    return events;
  }

  // By what makes tiles of a stream, of what is told. `all_of_it`: also of what
  // would be late by the end of the span.
  std::map<std::string, std::string> Expected(const std::vector<Paid>& events,
                                              const HistorySpan& span,
                                              bool all_of_it = false) {
    ParsedFile told = ParseFile(kit_.spec().tiles);
    auto plan = WindowedViewPlan::Make(
        told.definitions, *told.definitions.FindStreamView("paid"));
    EXPECT_TRUE(plan.ok()) << plan.status();
    if (all_of_it) plan->late_micros = span.end_micros - span.from_micros;
    EventRows rows(definitions_.FindStreamSource("payments")->fields);
    for (size_t i = 0; i < events.size(); ++i) {
      const Paid& event = events[i];
      if (event.at_micros < span.from_micros) continue;
      rows.Begin(0, static_cast<int64_t>(i));
      if (!event.user.empty()) rows.SetText(0, event.user);
      rows.SetInteger(1, event.cents);
      rows.SetReal(2, event.fee);
      rows.SetInteger(3, event.at_micros);
      rows.SetInteger(4, event.refund ? 1 : 0);
    }
    TileCollector collector(*plan);
    collector.Add(rows.batch(), span.end_micros);
    std::map<std::string, std::string> blocks;
    collector.Take([&](std::string_view key, std::string_view block) {
      blocks.emplace(key, block);
    });
    return blocks;
  }

  std::map<std::string, std::string> Built() const {
    StoreResources resources(8 << 20);
    const auto version = Version::Open(kit_.dir().File("v1.building"),
                                       kit_.manifest(), resources);
    EXPECT_TRUE(version.ok()) << version.status();
    std::map<std::string, std::string> blocks;
    const auto take = [&](std::string_view key, std::string_view bytes) {
      const auto row = RowView::Parse((*version)->schema(), bytes);
      EXPECT_TRUE(row.ok());
      blocks.emplace(key, *row->Variable(kTileBlockColumn));
      return true;
    };
    EXPECT_TRUE((*version)->Scan(take).ok());
    return blocks;
  }

  LoadKit kit_;
  Definitions definitions_;
  const BatchFeatureView* view_ = nullptr;
  std::optional<WindowedViewPlan> plan_;
  int64_t now_ = 0;
  std::mt19937_64 random_{29};
};

TEST_F(HistoryTest, Rule29TilesAreThoseThatTheStreamWouldHaveMade) {
  // More than are collected at once, of two files.
  const std::vector<Paid> events = Random(20'000);
  Write("a.csv", {events.begin(), events.begin() + 9'000});
  Write("b.csv", {events.begin() + 9'000, events.end()});
  kit_.spec().has_as_of = true;
  kit_.spec().as_of_micros = now_;
  kit_.spec().sort_buffer_bytes = 1 << 20;  // Spills.

  const absl::Status loaded = kit_.Load();

  ASSERT_TRUE(loaded.ok()) << loaded;
  const Manifest manifest = kit_.manifest();
  ASSERT_TRUE(manifest.history);
  // Two hours less, in whole days. Before, all that windows reach: 7 days and
  // an hour, in whole days.
  const HistorySpan span{.from_micros = now_ - 8 * kDay,
                         .end_micros = now_ - kDay};
  EXPECT_EQ(manifest.history->span, span);
  EXPECT_EQ(manifest.history->tiles, plan_->generation_hash);
  EXPECT_EQ(manifest.as_of_micros, now_);
  const auto expected = Expected(events, span);
  EXPECT_GT(expected.size(), 1'000U);
  EXPECT_EQ(Built(), expected);
  EXPECT_EQ(manifest.rows, static_cast<int64_t>(expected.size()));
}

TEST_F(HistoryTest, WithoutBeingToldItIsOfItsNewestEvent) {
  std::vector<Paid> events = Random(100);
  events.push_back({.user = "u1", .at_micros = now_ + 1});  // Of the future.
  events.push_back({.user = "u1", .at_micros = now_ - 1});
  Write("a.csv", events);

  const absl::Status loaded = kit_.Load();

  ASSERT_TRUE(loaded.ok()) << loaded;
  EXPECT_EQ(kit_.manifest().as_of_micros, now_ - 1);
  const HistorySpan span = kit_.manifest().history->span;
  EXPECT_EQ(span.end_micros, now_ - kDay);
  EXPECT_EQ(Built(), Expected(events, span));
}

TEST_F(HistoryTest, Rule27ItBeginsWhereTheFilesDo) {
  TellWith("since: \"2013-11-01T00:00:00Z\"", "covers: 60h");
  const std::vector<Paid> events = Random(500);
  Write("a.csv", events);
  kit_.spec().has_as_of = true;
  kit_.spec().as_of_micros = now_;

  ASSERT_TRUE(kit_.Load().ok());

  const HistorySpan span{.from_micros = now_ - 2 * kDay,
                         .end_micros = now_ - kDay};
  EXPECT_EQ(kit_.manifest().history->span, span);
  EXPECT_EQ(Built(), Expected(events, span));

  // Nothing of it is whole.
  TellWith("since: \"2013-11-01T00:00:00Z\"", "covers: 26h");
  EXPECT_THAT(kit_.Load().message(),
              HasSubstr("in whole tiles of 1d, that is nothing"));
}

TEST_F(HistoryTest, Rule29ItReachesBackToWhereTheLongestWindowBegins) {
  // No multiple of a day, which its tiles are.
  TellWith("[1h, 7d]", "[1h, 7d, 180h]");
  const std::vector<Paid> events = Random(2'000);
  Write("a.csv", events);
  kit_.spec().has_as_of = true;
  kit_.spec().as_of_micros = now_;

  ASSERT_TRUE(kit_.Load().ok());

  const HistorySpan span{.from_micros = now_ - 9 * kDay,
                         .end_micros = now_ - kDay};
  EXPECT_EQ(kit_.manifest().history->span, span);
  // The first of its tiles are whole, too: nothing of them is late.
  const auto expected = Expected(events, span, /*all_of_it=*/true);
  EXPECT_GT(expected.size(), Expected(events, span).size());
  EXPECT_EQ(Built(), expected);
}

TEST_F(HistoryTest, WhatCannotBeTakenIsCounted) {
  const int64_t at = now_ - 2 * kDay;
  Write("a.csv", {{.user = "u1", .at_micros = at},
                  {.user = "", .at_micros = at},
                  {.user = "u2", .at_micros = at, .refund = true}});
  kit_.spec().has_as_of = true;
  kit_.spec().as_of_micros = now_;

  ASSERT_TRUE(kit_.Load().ok());

  EXPECT_EQ(kit_.manifest().history->events, 1);
  EXPECT_EQ(kit_.manifest().history->left_out, 1);
}

TEST_F(HistoryTest, FieldsThatTheViewDoesNotReadNeedNoColumn) {
  // Write has none of `comment`.
  Write("a.csv", Random(50));
  EXPECT_TRUE(kit_.Load().ok());

  kit_.Write("a.csv", "user,fee,paid_at,refund\n");
  EXPECT_THAT(std::string(kit_.Load().message()),
              HasSubstr("there is no column 'cents' (field 'cents')"));
  kit_.spec().source.columns["cents"] = "amount";
  kit_.Write("a.csv",
             "user,amount,fee,paid_at,refund\n"
             "u1,x,1,2013-12-30T00:00:00Z,false\n");
  EXPECT_THAT(std::string(kit_.Load().message()),
              HasSubstr("column 'amount' (field 'cents')"));
}

TEST_F(HistoryTest, ADryRunBuildsNothing) {
  Write("a.csv", Random(50));
  kit_.spec().dry_run = true;
  ASSERT_TRUE(kit_.Load().ok());
  EXPECT_FALSE(ReadManifest(kit_.dir().File("v1.building")).ok());
}

}  // namespace
}  // namespace freshet
