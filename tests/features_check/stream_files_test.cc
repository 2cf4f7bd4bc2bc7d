// SPDX-License-Identifier: Apache-2.0
// Stream sources and views as one file has them, with what names them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "features/check.h"

namespace freshet {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::string_view kFile = R"yaml(project: p
entities:
  - {name: user, join_keys: [{name: user, type: string}]}
  - {name: shop, join_keys: [{name: shop, type: string}]}
batch_feature_views:
  - name: users
    entities: [user]
    source: {path: users}
    features: [{name: age, type: int32}]
stream_sources:
  - name: payments
    fields:
      - {name: user, type: string}
      - {name: shop, type: string}
      - {name: price, type: double}
      - {name: at, type: timestamp}
      - {name: id, type: int64}
    timestamp_field: at
    id_field: id
    single_node: true
stream_feature_views:
  - name: user_payments
    entities: [user]
    source: payments
    aggregations:
      - {column: price, functions: [sum, mean], windows: [10m, 7d]}
      - {functions: [count], windows: [1h]}
feature_services:
  - name: model
    features: [user_payments, users]
)yaml";

// The file with one piece of it replaced.
std::string With(std::string_view old_text, std::string_view new_text) {
  std::string file(kFile);
  const size_t at = file.find(old_text);
  EXPECT_NE(at, std::string::npos) << old_text;
  return file.replace(at, old_text.size(), new_text);
}

std::string ProblemsOf(const std::string& file) {
  return FormatProblems("f", ParseAndCheck(file).problems);
}

TEST(StreamFilesTest, AServiceNamesWindowsAndRows) {
  ParsedFile file = ParseAndCheck(kFile);

  EXPECT_EQ(FormatProblems("f", file.problems), "");
  std::vector<std::string> named;
  for (const FeatureRef& ref : file.definitions.services.at(0).features) {
    named.push_back(ref.view + "." + ref.feature);
  }
  EXPECT_THAT(named,
              ::testing::ElementsAre(
                  "user_payments.price_sum_10m", "user_payments.price_sum_7d",
                  "user_payments.price_mean_10m", "user_payments.price_mean_7d",
                  "user_payments.count_1h", "users.age"));
}

TEST(StreamFilesTest, TheTextThatIsKeptSaysTheSame) {
  const Definitions given = ParseAndCheck(kFile).definitions;
  const std::string kept = CanonicalText(given);
  const ParsedFile again = ParseFile(kept);

  EXPECT_EQ(FormatProblems("kept", again.problems), "");
  EXPECT_EQ(CanonicalText(again.definitions), kept);
  ASSERT_EQ(again.definitions.stream_sources.size(), 1U);
  EXPECT_TRUE(again.definitions.stream_sources[0].single_node);
}

TEST(StreamFilesTest, WhatIsNamedMustBeThere) {
  EXPECT_EQ(ProblemsOf(With("source: payments", "source: payment")),
            "f:22:5: view 'user_payments' names a source 'payment' that is not "
            "defined under 'stream_sources'; did you mean 'payments'?\n");
  EXPECT_THAT(ProblemsOf(With("entities: [user]\n    source: payments",
                              "entities: [use]\n    source: payments")),
              HasSubstr("view 'user_payments' names an entity 'use' that is "
                        "not defined; did you mean 'user'?"));
  EXPECT_THAT(
      ProblemsOf(
          With("[user_payments, users]", "[user_payments.price_sum_1d]")),
      HasSubstr("names a feature 'price_sum_1d' that view 'user_payments' has "
                "not; did you mean 'price_sum_7d'"));
  EXPECT_THAT(ProblemsOf(With("[user_payments, users]", "[user_payment]")),
              HasSubstr("names a view 'user_payment' that is not defined; did "
                        "you mean 'user_payments'?"));
}

TEST(StreamFilesTest, ViewsOfBothKindsHaveNamesOfTheirOwn) {
  EXPECT_THAT(ProblemsOf(With("name: user_payments", "name: users")),
              HasSubstr("f:22:5: a batch feature view is called 'users' too, "
                        "in line 6; rename one\n"));
}

TEST(StreamFilesTest, TwoEntitiesCannotShareAKey) {
  std::string file =
      With("{name: shop, join_keys: [{name: shop, type: string}",
           "{name: shop, join_keys: [{name: user, type: string}");
  const std::string own = "entities: [user]\n    source: payments";
  file.replace(file.find(own), own.size(),
               "entities: [user, shop]\n    source: payments");
  EXPECT_THAT(ProblemsOf(file),
              HasSubstr("view 'user_payments' has the join key 'user' twice"));
}

TEST(StreamFilesTest, EventsMustHaveAWayIn) {
  EXPECT_THAT(ProblemsOf(With("    single_node: true\n", "")),
              HasSubstr("f:11:5: source 'payments' says no way for its events "
                        "to come"));
}

TEST(StreamFilesTest, PushesMayGoToALog) {
  const std::string file =
      With("single_node: true",
           "push_log: {brokers: [\"a:1\"], topic: payments-log}");
  EXPECT_EQ(ProblemsOf(file), "");
  const std::string kept = CanonicalText(ParseAndCheck(file).definitions);
  EXPECT_EQ(CanonicalText(ParseFile(kept).definitions), kept);
  EXPECT_THAT(
      ProblemsOf(With("single_node: true", "push_log: {brokers: [\"a:1\"]}")),
      HasSubstr("topic"));
}

TEST(StreamFilesTest, APushLogIsOfOneSource) {
  const std::string log = "push_log: {brokers: [\"a:1\"], topic: log}";
  std::string file = With("single_node: true", log);
  const std::string other = R"yaml(stream_sources:
  - name: refunds
    fields: [{name: at, type: timestamp}]
    timestamp_field: at
    )yaml" + log + "\n";
  const std::string sources = "stream_sources:\n";
  file.replace(file.find(sources), sources.size(), other);
  EXPECT_THAT(ProblemsOf(file),
              HasSubstr("topic 'log' is the push log of source 'payments', and "
                        "of source 'refunds' in line 14; each has one of its "
                        "own"));
  file.replace(file.rfind("topic: log"), 10, "topic: own");
  EXPECT_EQ(ProblemsOf(file), "");
}

TEST(StreamFilesTest, Rule19WithoutIdsDuplicatesAreToBeMeant) {
  const std::string without = With("    id_field: id\n", "");
  EXPECT_THAT(ProblemsOf(without),
              HasSubstr("an event that is pushed again counts again; add one, "
                        "or duplicates: counted"));
  std::string meant = without;
  const std::string source = "source: payments\n";
  meant.replace(meant.find(source), source.size(),
                source + "    duplicates: counted\n");
  EXPECT_EQ(ProblemsOf(meant), "");
}

// The file with live rows for its view of rows.
std::string WithLive(std::string_view live) {
  return With("    source: {path: users}\n", live);
}

TEST(StreamFilesTest, AViewHasSnapshotsOrLiveRowsOrBoth) {
  const std::string live =
      "    live: {source: payments, columns: {age: 'CAST(id AS INT)'}}\n";
  EXPECT_EQ(ProblemsOf(WithLive(live)), "");
  EXPECT_EQ(ProblemsOf(WithLive("    source: {path: users}\n" + live)), "");
  EXPECT_EQ(ProblemsOf(WithLive("")),
            "f:6:5: view 'users' has neither 'source', where its snapshots "
            "come from, nor 'live'\n");
  EXPECT_THAT(
      ProblemsOf(WithLive(live + "    freshness: 1h\n"
                                 "    snapshot_group: nightly\n")),
      AllOf(HasSubstr("view 'users' has 'freshness', which is about snapshots, "
                      "and no 'source' of any"),
            HasSubstr("view 'users' has 'snapshot_group', which is")));
}

TEST(StreamFilesTest, LiveRowsMayBeExpectedToBeFreshWhereTheyCanBeBehind) {
  const std::string live =
      "    source: {path: users}\n"
      "    freshness: 26h\n"
      "    live:\n"
      "      {source: payments, columns: {age: 'CAST(id AS INT)'},\n"
      "       expected_freshness: 30s}\n";
  EXPECT_EQ(ProblemsOf(WithLive(live)),
            "f:11:7: view 'users' has 'expected_freshness', and its source "
            "'payments' is read from no topic that it could be behind: what "
            "is pushed (single_node) is served when it is acknowledged; "
            "remove it\n");
  std::string read = WithLive(live);
  constexpr std::string_view kPushed = "    single_node: true\n";
  read.replace(read.find(kPushed), kPushed.size(),
               "    kafka: {brokers: ['b:1'], topics: [t], format: json}\n");
  EXPECT_EQ(ProblemsOf(read), "");
}

TEST(StreamFilesTest, LiveRowsAreOfTheSourcesEvents) {
  EXPECT_THAT(ProblemsOf(WithLive("    live: {source: payment}\n")),
              HasSubstr("f:8:11: view 'users' names a source 'payment' that is "
                        "not defined under 'stream_sources'; did you mean "
                        "'payments'?"));
  EXPECT_THAT(ProblemsOf(WithLive("    live: {source: payments}\n")),
              HasSubstr("f:8:11: view 'users': column 'age', `\"age\"`"));
  EXPECT_THAT(
      ProblemsOf(
          WithLive("    live: {source: payments, columns: {age: id}}\n")),
      HasSubstr("feature 'age' is int32, and the column of that name of its "
                "live rows is int64"));
  EXPECT_THAT(ProblemsOf(WithLive("    live: {filter: 'true'}\n")),
              HasSubstr("live lacks 'source'; add it"));
}

TEST(StreamFilesTest, AWrongSourceIsSaidOnce) {
  EXPECT_EQ(ProblemsOf(With("timestamp_field: at", "timestamp_field: when")),
            "f:11:5: source 'payments' has no field 'when', its "
            "'timestamp_field'\n");
  EXPECT_THAT(ProblemsOf(With("name: payments", "name: Payments")),
              Not(HasSubstr("names a source")))
      << "it may be the one that is meant";
}

}  // namespace
}  // namespace freshet
