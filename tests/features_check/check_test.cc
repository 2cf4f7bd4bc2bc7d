// SPDX-License-Identifier: Apache-2.0
#include "features/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace freshet {
namespace {

using ::testing::ElementsAre;

// Parses, requires that to go well, and checks.
std::string ProblemsOf(std::string_view text) {
  ParsedFile file = ParseFile(text);
  EXPECT_EQ(FormatProblems("parse", file.problems), "");
  CheckDefinitions(file.definitions, file.problems);
  return FormatProblems("f", file.problems);
}

constexpr std::string_view kEntities =
    "project: p\n"
    "entities:\n"
    "  - {name: carrier, join_keys: [{name: id, type: string}]}\n"
    "  - {name: plane, join_keys: [{name: id, type: int64}]}\n"
    "  - {name: airport, join_keys: [{name: code, type: string}]}\n"
    "batch_feature_views:\n";

// A view begins in line 7; its source is line 9, its first feature line 11.
std::string OneView(const std::string& source, const std::string& features = "",
                    const std::string& entities = "carrier") {
  return ProblemsOf(std::string(kEntities) +
                    "  - name: v\n"
                    "    entities: [" +
                    entities +
                    "]\n"
                    "    source: {path: s" +
                    source +
                    "}\n"
                    "    features:\n"
                    "      - {name: f, type: int64}\n" +
                    features);
}

TEST(CheckViewTest, AGoodViewHasNoProblems) {
  EXPECT_EQ(OneView(", timestamp_field: t, zone: UTC, at: end_of_day, "
                    "duplicates: latest, columns: {id: a, f: b}",
                    "      - {name: g, was: h, type: list<int64>, "
                    "default: [1, ~]}\n",
                    "carrier, airport"),
            "");
}

TEST(CheckViewTest, ADayNeedsItsZone) {
  EXPECT_EQ(OneView(", timestamp_field: t, at: end_of_day"),
            "f:9:13: 'at' needs 'zone': a day begins and ends at other moments "
            "in each zone; add zone, such as zone: UTC\n");
}

TEST(CheckViewTest, AZoneNeedsTheColumnThatItIsAbout) {
  EXPECT_EQ(OneView(", zone: UTC"),
            "f:9:13: 'zone' needs 'timestamp_field' or a feature of type "
            "timestamp, which it is about\n");
}

TEST(CheckViewTest, TheLatestRowNeedsAnEventTime) {
  EXPECT_EQ(OneView(", duplicates: latest"),
            "f:9:13: 'duplicates: latest' needs 'timestamp_field': without "
            "event times no row is the latest\n");
}

TEST(CheckViewTest, OnlyUpsertsHaveADeletedField) {
  EXPECT_EQ(OneView(", mode: upsert, deleted_field: gone"), "");
  EXPECT_EQ(OneView(", deleted_field: gone"),
            "f:9:13: 'deleted_field' needs 'mode: upsert': what is not in a "
            "full snapshot is deleted by that\n");
}

TEST(CheckViewTest, AGuardHasItsBoundsInOrder) {
  EXPECT_EQ(
      OneView("", "      - {name: g, type: int64, guard: {min: 1, max: 1}}\n"),
      "");
  EXPECT_THAT(
      OneView("",
              "      - {name: g, type: int64, guard: {min: 2, max: 1.5}}\n"),
      testing::HasSubstr("'g' has a guard.min of 2 and a guard.max of 1.5"));
}

TEST(CheckViewTest, AManifestIsAHiddenFile) {
  EXPECT_EQ(OneView(", manifest: _m.json, watch: {complete: manifest}"), "");
  for (const std::string name : {"m.json", "_x/m.json"}) {
    EXPECT_EQ(OneView(", manifest: " + name),
              "f:9:13: 'manifest: " + name +
                  "' is no name that begins with '_' or '.', without '/': a "
                  "file of another name would be read as one of the "
                  "snapshot's\n");
  }
}

TEST(CheckViewTest, CompleteByAManifestNeedsOne) {
  EXPECT_EQ(OneView(", watch: {complete: manifest}"),
            "f:9:13: 'complete: manifest' needs 'manifest', the name of the "
            "file that says what is complete, such as manifest: "
            "_manifest.json\n");
}

TEST(CheckViewTest, AZoneThatTheMachineDoesNotKnowIsRefused) {
  if (!std::filesystem::exists("/usr/share/zoneinfo")) {
    GTEST_SKIP() << "this machine has no /usr/share/zoneinfo";
  }
  EXPECT_EQ(OneView(", timestamp_field: t, zone: America/New_Yrok"),
            "f:9:13: there is no zone 'America/New_Yrok' in "
            "/usr/share/zoneinfo; write an IANA name such as "
            "America/New_York\n");
  // Zones that count leap seconds are read by no loader.
  EXPECT_NE(OneView(", timestamp_field: t, zone: right/UTC"), "");
  // A directory of zones is none.
  EXPECT_NE(OneView(", timestamp_field: t, zone: America"), "");
}

TEST(CheckViewTest, ColumnsAreOfFeaturesAndKeys) {
  EXPECT_EQ(OneView(", columns: {ff: a, di: b, other_name: c}"),
            "f:9:13: 'columns' maps 'di', which is neither a feature nor a "
            "join key of view 'v'; did you mean 'f' or 'id'?\n"
            "f:9:13: 'columns' maps 'ff', which is neither a feature nor a "
            "join key of view 'v'; did you mean 'f' or 'id'?\n"
            "f:9:13: 'columns' maps 'other_name', which is neither a feature "
            "nor a join key of view 'v'\n");
}

TEST(CheckViewTest, AKeyHasAtMost32Parts) {
  std::string keys = "{name: k0, type: int64}";
  for (int i = 1; i < 33; ++i) {
    keys += ", {name: k" + std::to_string(i) + ", type: int64}";
  }
  EXPECT_EQ(ProblemsOf("project: p\n"
                       "entities: [{name: e, join_keys: [" +
                       keys +
                       "]}]\n"
                       "batch_feature_views:\n"
                       "  - name: v\n"
                       "    entities: [e]\n"
                       "    source: {path: s}\n"
                       "    features: [{name: f, type: bool}]\n"),
            "f:4:5: view 'v' has 33 join keys; at most 32 make a key\n");
}

TEST(CheckViewTest, TwoEntitiesCannotShareAKey) {
  EXPECT_EQ(OneView("", "", "carrier, plane"),
            "f:7:5: view 'v' has the join key 'id' twice, from two of its "
            "entities; define one entity with both keys\n");
}

TEST(CheckViewTest, AFeatureIsNotCalledLikeAKey) {
  EXPECT_EQ(OneView("", "      - {name: id, type: int64}\n"),
            "f:12:9: feature 'id' has the name of a join key of view 'v'; "
            "rename it, and map its column under 'columns'\n");
}

TEST(CheckViewTest, ARenamedFeatureIsGone) {
  EXPECT_EQ(OneView("", "      - {name: g, type: int64, was: f}\n"),
            "f:12:9: feature 'g' was 'f', but view 'v' still has a feature "
            "'f'; remove 'was', or rename in two steps\n");
  EXPECT_EQ(OneView("", "      - {name: g, type: int64, was: g}\n"),
            "f:12:9: feature 'g' was 'g', but view 'v' still has a feature "
            "'g'; remove 'was', or rename in two steps\n");
}

TEST(CheckViewTest, AFeatureHasOneHeir) {
  EXPECT_EQ(OneView("",
                    "      - {name: g, type: int64, was: old}\n"
                    "      - {name: h, type: int64, was: old}\n"),
            "f:13:9: features 'g' and 'h' of view 'v' both were 'old'; only "
            "one can be\n");
}

// What no file can say but a program can.
TEST(CheckViewTest, ADefaultOfAnotherTypeIsRefused) {
  Definitions definitions;
  Feature feature;
  feature.name = "f";
  feature.type = *Type::Parse("int32");
  feature.default_value = Value(int64_t{1} << 40);
  feature.at = {3, 4};
  definitions.batch_views.emplace_back();
  definitions.batch_views[0].source.path = "p";
  definitions.batch_views[0].features = {feature};
  std::vector<Problem> problems;

  CheckDefinitions(definitions, problems);

  EXPECT_THAT(FormatProblems("f", problems),
              ::testing::StartsWith(
                  "f:3:4: the default of feature 'f' does not fit its type: "));
}

TEST(CheckEntityTest, AKeyOfAnotherTypeIsRefused) {
  for (const char* type : {"double", "list<int64>", "timestamp"}) {
    Definitions definitions;
    definitions.entities.emplace_back();
    definitions.entities[0].name = "e";
    definitions.entities[0].join_keys = {{"k", *Type::Parse(type), {5, 6}}};
    std::vector<Problem> problems;
    CheckDefinitions(definitions, problems);
    EXPECT_EQ(FormatProblems("f", problems),
              std::string("f:5:6: join key 'k' of entity 'e' is ") + type +
                  "; keys are string, int64 or bytes\n");
  }
}

constexpr std::string_view kViews =
    "  - name: carrier_daily\n"
    "    entities: [carrier]\n"
    "    source: {path: s}\n"
    "    features: [{name: flights, type: int64}, {name: late, type: int64}]\n"
    "  - name: plane_history\n"
    "    entities: [plane]\n"
    "    source: {path: s}\n"
    "    features: [{name: age, type: int64}]\n"
    "feature_services:\n";

// The service stands in line 16.
ParsedFile Service(const std::string& features) {
  ParsedFile file = ParseFile(std::string(kEntities) + std::string(kViews) +
                              "  - {name: s, features: [" + features + "]}\n");
  EXPECT_EQ(FormatProblems("parse", file.problems), "");
  CheckDefinitions(file.definitions, file.problems);
  return file;
}

std::string ServiceProblems(const std::string& features) {
  return FormatProblems("f", Service(features).problems);
}

std::vector<std::string> Expanded(const std::string& features) {
  const ParsedFile file = Service(features);
  EXPECT_EQ(FormatProblems("f", file.problems), "");
  std::vector<std::string> names;
  for (const FeatureRef& ref : file.definitions.services[0].features) {
    names.push_back(ref.view + "." + ref.feature);
  }
  return names;
}

TEST(CheckServiceTest, AViewStandsForAllItsFeaturesInOrder) {
  const auto all = ElementsAre("carrier_daily.flights", "carrier_daily.late");
  EXPECT_THAT(Expanded("carrier_daily"), all);
  EXPECT_THAT(Expanded("carrier_daily.*"), all);
  EXPECT_THAT(Expanded("\"carrier_daily[late, flights]\""),
              ElementsAre("carrier_daily.late", "carrier_daily.flights"));
}

TEST(CheckServiceTest, AnUnknownViewIsToldTheNearest) {
  EXPECT_EQ(ServiceProblems("carrier_dayly.late, plane"),
            "f:16:26: service 's' names a view 'carrier_dayly' that is not "
            "defined; did you mean 'carrier_daily'?\n"
            "f:16:46: service 's' names a view 'plane' that is not defined\n");
}

TEST(CheckServiceTest, AnUnknownFeatureIsToldTheNearest) {
  EXPECT_EQ(ServiceProblems("carrier_daily.flight"),
            "f:16:26: service 's' names a feature 'flight' that view "
            "'carrier_daily' has not; did you mean 'flights'?\n");
}

TEST(CheckServiceTest, AFeatureIsAnsweredOnce) {
  EXPECT_EQ(ServiceProblems("carrier_daily.late, carrier_daily"),
            "f:16:46: service 's' names 'carrier_daily.late' twice; remove "
            "one\n");
  EXPECT_EQ(ServiceProblems("carrier_daily, carrier_daily"),
            "f:16:41: service 's' names all of view 'carrier_daily' twice; "
            "remove one\n");
}

TEST(CheckServiceTest, AKeyHasOneTypeInAllViews) {
  EXPECT_EQ(ServiceProblems("carrier_daily.late, plane_history.age"),
            "f:16:46: service 's' has the join key 'id' as string (view "
            "'carrier_daily') and as int64 (view 'plane_history'); rename "
            "one, and map its column under 'columns'\n");
}

// Each reference to a whole view could be thousands of features.
TEST(CheckServiceTest, AWideViewNamedVeryOftenIsWrittenOutOnce) {
  std::string text(kEntities);
  text +=
      "  - name: v\n    entities: [carrier]\n    source: {path: s}\n"
      "    features:\n";
  for (int i = 0; i < 10'000; ++i) {
    text += "      - {name: f" + std::to_string(i) + ", type: int64}\n";
  }
  text += "feature_services:\n  - {name: s, features: [v";
  for (int i = 0; i < 100'000; ++i) text += ",v";
  ParsedFile file = ParseFile(text + "]}\n");
  ASSERT_EQ(FormatProblems("f", file.problems), "");
  CheckDefinitions(file.definitions, file.problems);
  EXPECT_EQ(file.definitions.services[0].features.size(), 10'000u);
  EXPECT_EQ(file.problems.size(), 100'000u);
}

}  // namespace
}  // namespace freshet
