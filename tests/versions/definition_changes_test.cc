// SPDX-License-Identifier: Apache-2.0
#include "versions/rules/definition_changes.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/parse.h"
#include "features/check.h"
#include "tests/versions/store_kit.h"

namespace freshet {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Definitions Parsed(const std::string& yaml) {
  ParsedFile parsed = ParseFile(yaml);
  CheckDefinitions(parsed.definitions, parsed.problems);
  EXPECT_EQ(FormatProblems("", parsed.problems), "");
  return parsed.definitions;
}

// Of applying `after` over `before`.
DefinitionChanges Compared(const std::string& before,
                           const std::string& after) {
  CatalogState state;
  const auto first = CompareDefinitions(state, {}, Parsed(before));
  EXPECT_TRUE(first.ok()) << first.status();
  state.views = first->views;
  auto second = CompareDefinitions(state, Parsed(before), Parsed(after));
  EXPECT_TRUE(second.ok()) << second.status();
  return *std::move(second);
}

// What it says, as `kind what: effect`.
std::vector<std::string> Changes(const std::string& before,
                                 const std::string& after) {
  const DefinitionChanges compared = Compared(before, after);
  std::vector<std::string> lines;
  for (const DefinitionChange& change : compared.changes) {
    lines.push_back(
        fmt::format("{} {}: {}", change.kind, change.what, change.effect));
  }
  return lines;
}

std::string With(std::string_view extra, const std::string& feature = "") {
  return UserYaml({"a: int64" + feature}, extra);
}

TEST(DefinitionChangesTest, SameDefinitionsChangeNothing) {
  EXPECT_THAT(Changes(With(""), With("")), IsEmpty());
}

TEST(DefinitionChangesTest, EachFieldOfAViewSaysItsEffect) {
  const struct {
    const char* extra;
    const char* line;
  } kCases[] = {
      {"    ttl: 1h\n", "change view 'user': ttl: instant"},
      {"    freshness: 1h\n", "change view 'user': freshness: instant"},
      {"    guards: {rows_ratio_min: 0.9}\n",
       "change view 'user': guards: from the next load on"},
      {"    retention: {versions: 5}\n",
       "change view 'user': retention: instant; old versions may be deleted"},
      {"    snapshot_group: daily\n",
       "change view 'user': snapshot_group: instant"},
      {"    owner: ada@example.com\n",
       "change view 'user': owner, description or tags: instant"},
      {"    critical: true\n",
       "change view 'user': owner, description or tags: instant"},
  };
  for (const auto& [extra, line] : kCases) {
    EXPECT_THAT(Changes(With(""), With(extra)), ElementsAre(line));
  }
}

TEST(DefinitionChangesTest, OtherSourceCountsFromTheNextLoadOn) {
  std::string after = With("");
  after.replace(after.find("snapshots/user"), 14, "elsewhere");
  EXPECT_THAT(Changes(With(""), after),
              ElementsAre("change view 'user': source: from the next load on"));
}

TEST(DefinitionChangesTest, DefaultAndDescriptionAreInstant) {
  EXPECT_THAT(Changes(With(""), With("", ", default: 3")),
              ElementsAre("change feature 'user.a': default: instant"));
  EXPECT_THAT(
      Changes(With(""), With("", ", description: x")),
      ElementsAre("change feature 'user.a': description or tags: instant"));
}

TEST(DefinitionChangesTest, AddedFeatureChangesTheServiceThatTakesAll) {
  EXPECT_THAT(
      Changes(UserYaml({"a: int64"}), UserYaml({"a: int64", "b: int64"})),
      ElementsAre("add feature 'user.b': has values from the next load on",
                  "change service 'model': instant; adds user.b"));
}

TEST(DefinitionChangesTest, AnUpsertGivesNewFeaturesOnlyToItsRows) {
  const auto upserts = [](std::string yaml) {
    constexpr std::string_view kPath = "path: snapshots/user";
    return yaml.insert(yaml.find(kPath) + kPath.size(), ", mode: upsert");
  };
  constexpr const char* kOnly =
      "has values from the next load on in the rows that it brings; in all of "
      "them after: freshet load user PATH --full";
  EXPECT_THAT(
      Changes(upserts(With("")), upserts(UserYaml({"a: int64", "b: int64"}))),
      Contains(fmt::format("add feature 'user.b': {}", kOnly)));
  EXPECT_THAT(
      Changes(upserts(With("")), upserts(UserYaml({"a: string"}))),
      Contains(fmt::format("change feature 'user.a': int64 to string is a new "
                           "generation: {}, not in version until then",
                           kOnly)));
}

TEST(DefinitionChangesTest, PositionsThatChangeAreSaid) {
  EXPECT_THAT(
      Changes(UserYaml({"a: int64", "b: int64"}),
              UserYaml({"b: int64", "a: int64"})),
      Contains(
          "change service 'model': instant; positions in its replies change"));
  EXPECT_THAT(
      Changes(UserYaml({"a: int64", "b: int64"}), UserYaml({"b: int64"})),
      Contains("change service 'model': instant; drops user.a; "
               "positions in its replies change"));
}

TEST(DefinitionChangesTest, WideningIsInstant) {
  EXPECT_THAT(Changes(UserYaml({"a: int32"}), UserYaml({"a: int64"})),
              ElementsAre("change feature 'user.a': int32 to int64; instant"));
}

TEST(DefinitionChangesTest, OtherTypeNeedsALoad) {
  EXPECT_THAT(
      Changes(UserYaml({"a: int64"}), UserYaml({"a: string"})),
      ElementsAre("change feature 'user.a': int64 to string is a new "
                  "generation: needs a new load, not in version until then"));
}

TEST(DefinitionChangesTest, NewViewNeedsAFirstLoad) {
  EXPECT_THAT(Changes("project: test\n", UserYaml({"a: int64"})),
              ElementsAre("add entity 'user': instant",
                          "add view 'user': needs a first load",
                          "add service 'model': instant"));
}

TEST(DefinitionChangesTest, RemovedThingsSayWhatGoesWithThem) {
  EXPECT_THAT(
      Changes(UserYaml({"a: int64"}), "project: test\n"),
      ElementsAre("remove entity 'user': instant",
                  "remove view 'user': deletes its 0 versions (0 B)",
                  "remove service 'model': instant; requests for it fail"));
}

TEST(DefinitionChangesTest, RowThatWouldBeTooWideIsRefused) {
  std::vector<std::string> features;  // Of 256 KiB each; 16 MiB fit.
  for (int i = 0; i < 64; ++i) {
    features.push_back(fmt::format("a{}: \"float[65536]\"", i));
  }
  const auto compared = CompareDefinitions({}, {}, Parsed(UserYaml(features)));
  EXPECT_EQ(compared.status().code(), absl::StatusCode::kInvalidArgument);
}

// A view with live rows over its snapshots, or without them.
std::string WithLive(const std::string& live, const std::string& key = "user",
                     const std::string& source = "    source: {path: u}\n") {
  return "project: p\n"
         "entities:\n"
         "  - {name: user, join_keys: [{name: " +
         key +
         ", type: string}]}\n"
         "stream_sources:\n"
         "  - name: changes\n"
         "    fields: [{name: user, type: string}, {name: u, type: string},\n"
         "      {name: a, type: int64}, {name: at, type: timestamp}]\n"
         "    timestamp_field: at\n"
         "    single_node: true\n"
         "batch_feature_views:\n"
         "  - name: user\n"
         "    entities: [user]\n" +
         source + live + "    features: [{name: a, type: int64}]\n";
}

std::vector<std::string> Deletions(const std::string& before,
                                   const std::string& after) {
  return Compared(before, after).deletions;
}

TEST(DefinitionChangesTest, LiveRowsAreNotDeletedInPassing) {
  const std::string live = "    live: {source: changes}\n";
  const std::string filtered = "    live: {source: changes, filter: a > 0}\n";
  EXPECT_THAT(Changes(WithLive(""), WithLive(live)),
              ElementsAre("change view 'user': live rows: from the next event "
                          "on"));
  EXPECT_THAT(Deletions(WithLive(live), WithLive(filtered)), IsEmpty());
  EXPECT_THAT(Deletions(WithLive(live), WithLive("")),
              ElementsAre("live rows of view 'user'"));
  EXPECT_THAT(Deletions(WithLive(live), WithLive(live, "u")),
              ElementsAre("live rows of view 'user'"));
  EXPECT_THAT(Changes(WithLive(live), WithLive("")),
              Contains("remove live rows of view 'user': deletes them"));
  const std::string without = "project: p\n";
  EXPECT_THAT(Deletions(WithLive(live), without),
              Contains("live rows of view 'user'"));
}

TEST(DefinitionChangesTest, HowFreshLiveRowsAreToBeIsInstant) {
  const auto of_topics = [](const std::string& live) {
    std::string yaml = WithLive(live);
    constexpr std::string_view kPushed = "single_node: true";
    return yaml.replace(yaml.find(kPushed), kPushed.size(),
                        "kafka: {brokers: ['b:1'], topics: [t], format: json}");
  };
  const std::string live = of_topics("    live: {source: changes}\n");
  const std::string fresh =
      of_topics("    live: {source: changes, expected_freshness: 30s}\n");
  const std::string filtered = of_topics(
      "    live: {source: changes, filter: a > 0, expected_freshness: 9s}\n");
  constexpr const char* kInstant =
      "change view 'user': expected_freshness of live rows: instant";
  constexpr const char* kNext =
      "change view 'user': live rows: from the next event on";
  EXPECT_THAT(Changes(live, fresh), ElementsAre(kInstant));
  EXPECT_THAT(Changes(fresh, live), ElementsAre(kInstant));
  EXPECT_THAT(Changes(fresh, filtered), ElementsAre(kInstant, kNext));
  EXPECT_THAT(Changes(of_topics(""), fresh), ElementsAre(kNext));
}

TEST(DefinitionChangesTest, SnapshotsAreNotLeftInPassing) {
  const std::string live = "    live: {source: changes}\n";
  const auto changes = Changes(WithLive(live), WithLive(live, "user", ""));
  EXPECT_THAT(changes, ElementsAre("remove snapshots of view 'user': instant; "
                                   "none of their rows answers any more"));
  EXPECT_THAT(Deletions(WithLive(live), WithLive(live, "user", "")),
              ElementsAre("snapshots of view 'user'"));
}

TEST(DefinitionChangesTest, WhatChangesOfLiveRowsAloneNeedsNoLoad) {
  const std::string before =
      WithLive("    live: {source: changes}\n", "user", "");
  std::string added = before;
  added.replace(added.find("[{name: a,"), 10,
                "[{name: u, type: string}, {name: a,");
  EXPECT_THAT(Changes(before, added),
              ElementsAre("add feature 'user.u': has values from the next "
                          "event on"));
  std::string retyped = before;
  retyped.replace(retyped.find("features: [{name: a, type: int64}"), 33,
                  "features: [{name: a, type: double}");
  retyped.replace(retyped.find("live: {source: changes}"), 23,
                  "live: {source: changes, columns: {a: a / 2.0}}");
  EXPECT_THAT(Changes(before, retyped),
              Contains("change feature 'user.a': int64 to double is a new "
                       "generation: begins without rows"));
  EXPECT_THAT(
      Changes(before, WithLive("    live: {source: changes}\n", "u", "")),
      Contains("change view 'user': key (user string) to (u string) is a new "
               "generation: begins without rows"));
}

TEST(DefinitionChangesTest, AViewWithoutSnapshotsNeedsNoLoad) {
  EXPECT_THAT(Changes("project: p\n",
                      WithLive("    live: {source: changes}\n", "user", "")),
              Contains("add view 'user': instant; begins without rows"));
}

}  // namespace
}  // namespace freshet
