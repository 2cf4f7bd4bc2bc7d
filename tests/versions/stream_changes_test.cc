// SPDX-License-Identifier: Apache-2.0
#include "versions/rules/stream_changes.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "features/check.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kFile = R"yaml(project: p
entities:
  - {name: user, join_keys: [{name: user, type: string}]}
stream_sources:
  - name: payments
    fields:
      - {name: user, type: string}
      - {name: price, type: double}
      - {name: at, type: timestamp}
      - {name: id, type: int64}
    timestamp_field: at
    id_field: id
    single_node: true
stream_feature_views:
  - name: spent
    entities: [user]
    source: payments
    aggregations:
      - {column: price, functions: [sum, mean], windows: [1h, 1d]}
feature_services:
  - {name: model, features: [spent.price_sum_1h]}
)yaml";

Definitions With(std::string_view old_text, std::string_view new_text) {
  std::string text(kFile);
  const size_t at = text.find(old_text);
  EXPECT_NE(at, std::string::npos) << old_text;
  ParsedFile file = ParseAndCheck(text.replace(at, old_text.size(), new_text));
  EXPECT_EQ(FormatProblems("f", file.problems), "");
  return file.definitions;
}

Definitions Whole() { return With("project: p", "project: p"); }

StreamChanges Over(const Definitions& before, const Definitions& next) {
  return CompareStreams(before, next);
}

std::vector<std::string> Said(const StreamChanges& changes) {
  std::vector<std::string> lines;
  for (const DefinitionChange& change : changes.changes) {
    lines.push_back(
        fmt::format("{} {}: {}", change.kind, change.what, change.effect));
  }
  return lines;
}

TEST(StreamChangesTest, TheSameChangesNothing) {
  EXPECT_THAT(Said(Over(Whole(), Whole())), IsEmpty());
}

TEST(StreamChangesTest, Rule26WhatIsNewIsMadeOfTheLogAndSaysWhatItCosts) {
  EXPECT_THAT(Said(Over({}, Whole())),
              ElementsAre("add stream source 'payments': instant",
                          "add stream view 'spent': is made from the change "
                          "log: a window is INCOMPLETE until it begins after "
                          "what the log has; a request reads up to 5 blocks of "
                          "an entity, which "
                          "has up to 4552 bytes"));
}

TEST(StreamChangesTest, Rule26WhatExactWindowsCostIsSaidOfEachEvent) {
  const Definitions exact = With("[1h, 1d]", "[1h, 1d], window_mode: exact");
  EXPECT_THAT(
      Said(Over(Whole(), exact)),
      ElementsAre(testing::MatchesRegex(
          "change stream view 'spent': is a new generation, made from "
          "the change log .*; a request reads up to [0-9]+ blocks of an "
          "entity, which has up to [0-9]+ bytes, and for its exact "
          "windows up to [0-9]+ more of each event, kept for 1d")));
}

TEST(StreamChangesTest, Rule15WhatIsOnlyReadOtherwiseIsInstant) {
  const StreamChanges changes =
      Over(Whole(), With("[sum, mean], windows: [1h, 1d]",
                         "[sum, mean], windows: [1h, 12h]"));
  EXPECT_THAT(Said(changes),
              ElementsAre(testing::StartsWith(
                              "change stream view 'spent': instant; a request "
                              "reads up to "),
                          "add feature 'spent.price_mean_12h': instant",
                          "add feature 'spent.price_sum_12h': instant",
                          "remove feature 'spent.price_mean_1d': instant",
                          "remove feature 'spent.price_sum_1d': instant"));
  EXPECT_THAT(changes.removed,
              ElementsAre("spent.price_mean_1d", "spent.price_sum_1d"));
}

TEST(StreamChangesTest, WhatCostsTheSameIsInstantAndNoMore) {
  EXPECT_THAT(Said(Over(Whole(), With("[sum, mean], windows: [1h, 1d]",
                                      "[mean, sum], windows: [1h, 1d]"))),
              ElementsAre("change stream view 'spent': instant"));
}

TEST(StreamChangesTest, ASeriesOfAWindowThatIsThereIsInstantAndCosts) {
  const StreamChanges changes =
      Over(Whole(), With("windows: [1h, 1d]",
                         "windows: [1h, 1d], series: {window: 1h, count: 24}"));
  EXPECT_THAT(Said(changes),
              ElementsAre(testing::MatchesRegex(
                              "change stream view 'spent': instant; a request "
                              "reads up to [0-9]+ blocks of an entity, which "
                              "has up to [0-9]+ bytes"),
                          "add feature 'spent.price_mean_1h_x24': instant",
                          "add feature 'spent.price_sum_1h_x24': instant"));
}

// The file with a push log in the place of `single_node`.
Definitions WithLog(const std::string& topic) {
  return With("single_node: true",
              "push_log: {brokers: [\"a:1\"], topic: " + topic + "}");
}

TEST(StreamChangesTest, Rule17WhereAPushIsKeptIsSaid) {
  EXPECT_THAT(
      Said(Over(Whole(), WithLog("log"))),
      ElementsAre("change stream source 'payments': instant; see its views; "
                  "pushes go to topic 'log', which is read from its beginning, "
                  "or from where it was left"));
  EXPECT_THAT(
      Said(Over(WithLog("log"), Whole())),
      ElementsAre("change stream source 'payments': instant; see its views; "
                  "what is pushed from now on is on this machine's disk alone, "
                  "and lost with it; of topic 'log' nothing more is read"));
  EXPECT_THAT(
      Said(Over(WithLog("log"), WithLog("other"))),
      ElementsAre("change stream source 'payments': instant; see its views; "
                  "pushes go to topic 'other', which is read from its "
                  "beginning, or from where it was left; of topic 'log' "
                  "nothing more is read"));
  const Definitions topics =
      With("single_node: true",
           "kafka: {brokers: [\"a:1\"], topics: [log, b], format: json}");
  EXPECT_THAT(
      Said(Over(WithLog("log"), topics)),
      ElementsAre("change stream source 'payments': instant; see its views; "
                  "takes no pushes any more"));
  EXPECT_THAT(
      Said(Over(topics, WithLog("log"))),
      ElementsAre("change stream source 'payments': instant; see its views; "
                  "pushes go to topic 'log', which is read from its beginning, "
                  "or from where it was left; of topic 'b' nothing more is "
                  "read"));
}

TEST(StreamChangesTest, Rule15OtherTilesAreAnotherGeneration) {
  EXPECT_THAT(
      Said(
          Over(Whole(), With("    source: payments\n",
                             "    source: payments\n    filter: price > 0\n"))),
      ElementsAre(HasSubstr(
          "change stream view 'spent': is a new generation, made from the "
          "change log while what there is serves")));
}

TEST(StreamChangesTest, RecordsThatAreReadOtherwiseAreSoFromHereOn) {
  const Definitions before =
      With("    single_node: true\n",
           "    kafka: {brokers: ['b:1'], topics: [t], format: json}\n");
  Definitions next = before;
  next.stream_sources[0].kafka->topics = {"u"};
  EXPECT_THAT(Said(Over(before, next)),
              ElementsAre("change stream source 'payments': instant; see its "
                          "views; of topic 't' nothing more is read"));
  next = before;
  next.stream_sources[0].fields[2].encoding = ValueEncoding::kMillis;
  const auto read_otherwise = ElementsAre(
      "change stream source 'payments': instant; see its views; what was read "
      "stays as it was read");
  EXPECT_THAT(Said(Over(before, next)), read_otherwise);
  next = before;
  next.stream_sources[0].kafka->envelope = RecordEnvelope::kDebezium;
  EXPECT_THAT(Said(Over(before, next)), read_otherwise);
  next = before;
  next.stream_sources[0].kafka->message = "Payment";
  EXPECT_THAT(Said(Over(before, next)), read_otherwise);
  next = before;
  next.stream_sources[0].kafka->schema_registry =
      SchemaRegistrySettings{.url = "http://r"};
  EXPECT_THAT(Said(Over(before, next)), read_otherwise);
}

TEST(StreamChangesTest, WhatSaysNothingOfWhatWasReadIsNotSaidToReadOtherwise) {
  Definitions before =
      With("    single_node: true\n",
           "    kafka: {brokers: ['b:1'], topics: [t], format: json}\n");
  before.stream_sources[0].kafka->schema_registry =
      SchemaRegistrySettings{.url = "http://r"};
  const auto instant =
      ElementsAre("change stream source 'payments': instant; see its views");
  Definitions next = before;
  next.stream_sources[0].kafka->schema_registry->user = "freshet";
  EXPECT_THAT(Said(Over(before, next)), instant);
  next = before;
  StreamSource& source = next.stream_sources[0];
  source.fields.insert(
      source.fields.begin(),
      {.name = "shop", .type = {.kind = Kind::kString}, .from = "header.shop"});
  EXPECT_THAT(Said(Over(before, next)), instant);
}

TEST(StreamChangesTest, WhatGoesNeedsToBeMeant) {
  Definitions less = Whole();
  less.stream_views.clear();
  less.services.clear();
  EXPECT_THAT(Over(Whole(), less).deletions,
              ElementsAre("stream view 'spent' with its tiles"));
  less.stream_sources.clear();
  EXPECT_THAT(Over(Whole(), less).deletions,
              ElementsAre("stream source 'payments'",
                          "stream view 'spent' with its tiles"));
}

TEST(StreamChangesTest, AFeatureThatAServiceUsesIsMissed) {
  Definitions less = Whole();
  less.stream_views[0].aggregations[0].windows_micros = {86'400'000'000};
  less.services[0].features[0].feature = "price_sum_1d";
  const auto changes = CompareDefinitions({}, Whole(), less);
  ASSERT_TRUE(changes.ok()) << changes.status();
  EXPECT_THAT(changes->deletions,
              ElementsAre("feature 'spent.price_sum_1h', which service 'model' "
                          "uses"));
}

// The file with a history of its view.
std::string WithHistory(std::string_view history) {
  return fmt::format("windows: [1h, 1d]}}\n    batch_source: {{{}}}\n",
                     history);
}

std::vector<std::string> SaidOfViews(const Definitions& before,
                                     const Definitions& next) {
  CatalogState state;
  const auto first = CompareDefinitions(state, {}, before);
  EXPECT_TRUE(first.ok()) << first.status();
  state.views = first->views;
  const auto changes = CompareDefinitions(state, before, next);
  EXPECT_TRUE(changes.ok()) << changes.status();
  StreamChanges out;
  out.changes = changes->changes;
  return Said(out);
}

TEST(StreamChangesTest, Rule29AHistoryIsAViewThatNeedsALoad) {
  const std::string_view windows = "windows: [1h, 1d]}\n";
  const Definitions with = With(windows, WithHistory("path: h, covers: 30d"));

  EXPECT_THAT(SaidOfViews(Whole(), with),
              ElementsAre("add view 'spent.history': needs a first load"));
  EXPECT_THAT(
      Said(Over({}, with)).back(),
      testing::MatchesRegex(
          "add stream view 'spent': is made from the change log: a window is "
          "INCOMPLETE until it begins after what the log has, or after the "
          "beginning of files that were made since: freshet load "
          "spent.history; a request reads up to 5 blocks of an entity .[0-9]+ "
          "with its history., which has up to 4552 bytes"));
  EXPECT_THAT(
      SaidOfViews(with, With(windows, WithHistory("path: h, covers: 60d"))),
      ElementsAre("change view 'spent.history': history: from the "
                  "next load on"));
  EXPECT_THAT(
      SaidOfViews(with, With(windows, WithHistory("path: i, covers: 30d"))),
      ElementsAre("change view 'spent.history': source: from the next "
                  "load on"));
  EXPECT_THAT(SaidOfViews(with, Whole()),
              ElementsAre("remove view 'spent.history': deletes its 0 versions "
                          "(0 B)"));
}

TEST(StreamChangesTest, Rule15AHistoryOfOtherTilesNeedsAnotherLoad) {
  const std::string_view functions =
      "functions: [sum, mean], windows: [1h, 1d]}\n";
  const auto with = [&](const std::string& view) {
    return With(functions, view + "    batch_source: {path: h, covers: 30d}\n");
  };
  const Definitions before = with(std::string(functions));
  const Definitions read_otherwise =
      with("functions: [sum], windows: [1h, 12h]}\n");
  const Definitions made_otherwise =
      with("functions: [sum, max], windows: [1h, 1d]}\n");
  const Definitions further_back =
      with("functions: [sum, mean], windows: [1h, 36h]}\n");
  const auto generation = [&](const Definitions& next) {
    CatalogState state;
    state.views = CompareDefinitions(state, {}, before)->views;
    return CompareDefinitions(state, before, next)
        ->views.at("spent.history")
        .generation;
  };

  EXPECT_EQ(generation(read_otherwise), 1);
  EXPECT_EQ(generation(made_otherwise), 2);
  EXPECT_EQ(generation(further_back), 2);
  EXPECT_THAT(SaidOfViews(before, further_back),
              testing::Contains(
                  "change view 'spent.history': its stream view has windows "
                  "that reach further back than what is loaded: they need a "
                  "new load"));
  EXPECT_THAT(SaidOfViews(before, made_otherwise),
              testing::Contains(
                  "change view 'spent.history': its stream view has other "
                  "tiles: what is loaded is not read any more, and it needs a "
                  "new load"));
}

}  // namespace
}  // namespace freshet
