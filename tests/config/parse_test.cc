// SPDX-License-Identifier: Apache-2.0
#include "config/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freshet {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr std::string_view kFlights = R"yaml(# A comment.
project: flights
settings:
  listen: {data: "0.0.0.0:7600", admin: "[::1]:7601"}
  storage: {directory: state, block_cache: 256MiB}
  load: {roots: [snapshots, /mnt/lake], cpu_max: 2h}
  log: {level: warn, format: json, slow_request: 1s}
  clock: {simulated_start: 2013-12-31T23:59:59Z}
  drain_delay: 5s
entities:
  - name: carrier
    join_keys: [{name: carrier, type: string}]
  - name: route
    owner: network@example.com
    join_keys:
      - {name: origin, type: string}
      - {name: dest, type: bytes}
batch_feature_views:
  - name: carrier_daily
    entities: [carrier]
    owner: ops@example.com
    description: >
      How a carrier did,
      day by day.
    tags: {tier: gold}
    critical: true
    source:
      path: snapshots/carrier_daily
      format: parquet
      timestamp_field: day
      zone: America/New_York
      at: end_of_day
      require_success: true
      manifest: _m.json
      mode: upsert
      deleted_field: gone
      duplicates: latest
      columns: {flights: n_flights, carrier: code}
      column_case: lower
      partitions: hive
      watch: {every: 10s, each: directory}
    ttl: 3d
    freshness: 36h
    guards: {rows_ratio_min: 0.9, allow_empty: true}
    retention: {versions: 5, max_age: 7d}
    snapshot_group: daily
    features:
      - {name: flights, type: int64, default: 0, was: n}
      - {name: share, type: "decimal(5,4)", default: 0.5, pii: true}
      - {name: dests, type: list<string>, default: [JFK, null, "1"]}
      - {name: embedding, type: "float[2]", default: [1, .nan]}
      - {name: airline, type: string, default: ""}
feature_services:
  - name: delay_model
    features: [carrier_daily.flights, "carrier_daily[share, dests]"]
  - name: all
    features:
      - carrier_daily
)yaml";

class FlightsTest : public ::testing::Test {
 protected:
  FlightsTest() : file_(ParseFile(kFlights)) {}

  const BatchFeatureView& View() { return file_.definitions.batch_views.at(0); }
  const Feature& FeatureAt(size_t i) { return View().features.at(i); }

  ParsedFile file_;
};

TEST_F(FlightsTest, HasNoProblems) {
  EXPECT_EQ(FormatProblems("f", file_.problems), "");
  EXPECT_TRUE(file_.has_settings);
  EXPECT_TRUE(file_.has_definitions);
}

TEST_F(FlightsTest, SettingsCarryTheirUnits) {
  const Settings& settings = file_.settings;
  EXPECT_EQ(settings.listen.data, "0.0.0.0:7600");
  EXPECT_EQ(settings.listen.http, "127.0.0.1:7602");
  EXPECT_EQ(settings.listen.admin, "[::1]:7601");
  EXPECT_EQ(settings.storage.directory, "state");
  EXPECT_EQ(settings.storage.block_cache_bytes, 256 << 20);
  EXPECT_THAT(settings.load.roots, ElementsAre("snapshots", "/mnt/lake"));
  EXPECT_EQ(settings.load.cpu_max_s, 7200);
  EXPECT_EQ(settings.log.slow_request_ms, 1000);
  EXPECT_EQ(settings.clock.simulated_start, "2013-12-31T23:59:59Z");
  EXPECT_EQ(settings.drain_delay_ms, 5000);
  EXPECT_EQ(settings.drain_deadline_ms, 20000);
}

TEST_F(FlightsTest, EntitiesKeepTheOrderOfTheirKeys) {
  const Definitions& definitions = file_.definitions;
  EXPECT_EQ(definitions.project, "flights");
  const Entity* route = definitions.FindEntity("route");
  ASSERT_NE(route, nullptr);
  EXPECT_EQ(route->owner, "network@example.com");
  ASSERT_EQ(route->join_keys.size(), 2u);
  EXPECT_EQ(route->join_keys[0].name, "origin");
  EXPECT_EQ(route->join_keys[1].type.ToString(), "bytes");
  EXPECT_EQ(definitions.FindEntity("rout"), nullptr);
}

TEST_F(FlightsTest, TheViewHasAllThatWasWritten) {
  const BatchFeatureView& view = View();
  EXPECT_EQ(view.name, "carrier_daily");
  EXPECT_THAT(view.entities, ElementsAre("carrier"));
  EXPECT_EQ(view.description, "How a carrier did, day by day.\n");
  EXPECT_THAT(view.tags, ElementsAre(Pair("tier", "gold")));
  EXPECT_TRUE(view.critical);
  EXPECT_FALSE(view.pii);
  EXPECT_EQ(view.ttl_micros, int64_t{259'200'000'000});
  EXPECT_EQ(view.freshness_micros, int64_t{129'600'000'000});
  EXPECT_EQ(view.guards.rows_ratio_min, 0.9);
  EXPECT_TRUE(view.guards.allow_empty);
  EXPECT_EQ(view.retention.versions, 5);
  EXPECT_EQ(view.snapshot_group, "daily");
  EXPECT_EQ(view.retention.max_age_micros, int64_t{604'800'000'000});
  EXPECT_EQ(file_.definitions.JoinKeysOf(view.entities).at(0).name, "carrier");
}

TEST_F(FlightsTest, TheSourceHasAllThatWasWritten) {
  const BatchSource& source = View().source;
  EXPECT_EQ(source.path, "snapshots/carrier_daily");
  EXPECT_EQ(source.format, FileFormat::kParquet);
  EXPECT_EQ(source.timestamp_field, "day");
  EXPECT_EQ(source.zone, "America/New_York");
  EXPECT_EQ(source.at_day, DayPoint::kEndOfDay);
  EXPECT_TRUE(source.require_success);
  EXPECT_EQ(source.manifest, "_m.json");
  EXPECT_EQ(source.mode, LoadMode::kUpsert);
  EXPECT_EQ(source.deleted_field, "gone");
  EXPECT_EQ(source.duplicates, Duplicates::kLatest);
  EXPECT_EQ(source.column_case, ColumnCase::kLower);
  EXPECT_EQ(source.partitions, Partitions::kHive);
  ASSERT_TRUE(source.watch.has_value());
  EXPECT_EQ(source.watch->every_micros, 10'000'000);
  EXPECT_EQ(source.watch->complete, Complete::kManifest);
  EXPECT_EQ(source.watch->quiet_micros, 60'000'000);
  EXPECT_EQ(source.watch->each, SnapshotPlace::kDirectory);
  EXPECT_THAT(source.columns, ElementsAre(Pair("carrier", "code"),
                                          Pair("flights", "n_flights")));
}

TEST_F(FlightsTest, DefaultsAreOfTheFeaturesType) {
  const auto text = [this](size_t i) {
    return FormatValue(FeatureAt(i).type, *FeatureAt(i).default_value);
  };
  EXPECT_EQ(text(0), "0");
  EXPECT_EQ(text(1), "0.5000");
  EXPECT_EQ(text(2), R"(["JFK", null, "1"])");
  EXPECT_EQ(text(3), "[1.0, nan]");
  EXPECT_EQ(text(4), "");
  EXPECT_EQ(FeatureAt(0).was, "n");
  EXPECT_TRUE(FeatureAt(1).pii);
}

TEST_F(FlightsTest, ServicesNameFeaturesInOrder) {
  const auto& refs = file_.definitions.FindService("delay_model")->features;
  ASSERT_EQ(refs.size(), 3u);
  EXPECT_EQ(refs[0].view, "carrier_daily");
  EXPECT_EQ(refs[0].feature, "flights");
  EXPECT_EQ(refs[1].feature, "share");
  EXPECT_EQ(refs[2].feature, "dests");
  const auto& all = file_.definitions.FindService("all")->features;
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].feature, "*");
}

TEST_F(FlightsTest, ThingsKnowWhereTheyStand) {
  EXPECT_EQ(View().at.line, 19);
  EXPECT_EQ(View().at.column, 5);
  EXPECT_EQ(View().source.at.line, 28);
  EXPECT_EQ(FeatureAt(1).at.line, 49);
  EXPECT_EQ(FeatureAt(1).at.column, 9);
  const auto& refs = file_.definitions.FindService("delay_model")->features;
  EXPECT_EQ(refs[2].at.line, 55);
  EXPECT_EQ(refs[2].at.column, 39);
}

TEST(ParseFileTest, SettingsAloneNeedNoProject) {
  const ParsedFile file = ParseFile("settings: {storage: {directory: d}}");
  EXPECT_THAT(file.problems, IsEmpty());
  EXPECT_TRUE(file.has_settings);
  EXPECT_FALSE(file.has_definitions);
}

TEST(ParseFileTest, DefinitionsAloneNeedNoSettings) {
  const ParsedFile file = ParseFile("project: p\nentities: []\n");
  EXPECT_THAT(file.problems, IsEmpty());
  EXPECT_FALSE(file.has_settings);
  EXPECT_TRUE(file.has_definitions);
}

TEST(ParseFileTest, JsonIsYaml) {
  const ParsedFile file =
      ParseFile(R"({"project":"p","entities":[{"name":"e","join_keys":)"
                R"([{"name":"k","type":"int64"}]}]})");
  EXPECT_EQ(FormatProblems("f", file.problems), "");
  EXPECT_EQ(file.definitions.entities.size(), 1u);
}

}  // namespace
}  // namespace freshet
