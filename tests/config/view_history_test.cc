// SPDX-License-Identifier: Apache-2.0
#include "config/streams/view_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "config/parse.h"
#include "config/timestamp.h"

namespace freshet {
namespace {

using testing::HasSubstr;

constexpr int64_t kHour = 3'600'000'000;

constexpr std::string_view kFile = R"yaml(
project: shop
entities:
  - {name: user, join_keys: [{name: user, type: string}]}
stream_sources:
  - name: payments
    fields: [{name: user, type: string}, {name: paid_at, type: timestamp}]
    timestamp_field: paid_at
    single_node: true
stream_feature_views:
  - name: paid
    owner: risk
    entities: [user]
    source: payments
    duplicates: counted
    aggregations: [{functions: [count], windows: [7d]}]
    batch_source:
      path: s3://lake/payments
      format: parquet
      columns: {user: user_id}
      partitions: hive
      watch: {each: directory}
      since: 2026-01-01T00:00:00Z
)yaml";

ParsedFile With(std::string_view old_text, std::string_view new_text) {
  std::string text(kFile);
  const size_t at = text.find(old_text);
  EXPECT_NE(at, std::string::npos) << old_text;
  return ParseFile(text.replace(at, old_text.size(), new_text));
}

std::string CanonicalOf(const Definitions& definitions) {
  ParsedFile again = ParseFile(CanonicalText(definitions));
  EXPECT_EQ(FormatProblems("again", again.problems), "");
  return CanonicalText(again.definitions);
}

TEST(ViewHistoryTest, ABatchSourceIsABatchViewOfTheStreamViewsKey) {
  const ParsedFile file = ParseFile(kFile);
  ASSERT_EQ(FormatProblems("f", file.problems), "");

  const BatchFeatureView* view = file.definitions.FindView("paid.history");

  ASSERT_NE(view, nullptr);
  ASSERT_TRUE(view->history);
  EXPECT_EQ(view->history->stream_view, "paid");
  EXPECT_EQ(view->history->settle_micros, 2 * kHour);
  EXPECT_EQ(FormatTimestamp(view->history->since_micros),
            "2026-01-01T00:00:00Z");
  EXPECT_EQ(view->entities, std::vector<std::string>{"user"});
  EXPECT_EQ(view->owner, "risk");
  EXPECT_EQ(view->source.path, "s3://lake/payments");
  EXPECT_EQ(view->source.timestamp_field, "paid_at");
  EXPECT_TRUE(view->source.watch);
  ASSERT_EQ(view->features.size(), 1U);
  EXPECT_EQ(view->features[0].type.kind, Kind::kBytes);
}

TEST(ViewHistoryTest, ItsTextIsInTheStreamViewsAndComesBack) {
  const Definitions definitions = ParseFile(kFile).definitions;
  const std::string text = CanonicalText(definitions);

  EXPECT_THAT(text, HasSubstr("batch_source"));
  EXPECT_THAT(text, testing::Not(HasSubstr("paid.history")));
  EXPECT_EQ(CanonicalOf(definitions), text);

  for (const char* other : {"since: 2025-12-31T00:00:00Z", "covers: 90d",
                            "since: 2026-01-01T00:00:00Z\n      settle: 0",
                            "since: 2026-01-01T00:00:00Z\n      settle: 3h",
                            "since: 2026-01-01T00:00:00Z\n      zone: UTC"}) {
    const ParsedFile changed = With("since: 2026-01-01T00:00:00Z", other);
    ASSERT_EQ(FormatProblems(other, changed.problems), "");
    EXPECT_NE(CanonicalText(changed.definitions), text) << other;
    EXPECT_EQ(CanonicalOf(changed.definitions),
              CanonicalText(changed.definitions))
        << other;
  }
}

// What changes of a view is found by the text of it alone.
TEST(ViewHistoryTest, AloneItHasATextOfItsOwn) {
  const auto alone = [](const ParsedFile& file) {
    Definitions definitions;
    definitions.batch_views = file.definitions.batch_views;
    return CanonicalText(definitions);
  };
  const std::string text = alone(ParseFile(kFile));

  EXPECT_THAT(text, HasSubstr("paid.history"));
  EXPECT_NE(alone(With("since: 2026", "settle: 5h\n      since: 2026")), text);
  EXPECT_NE(alone(With("since: 2026", "since: 2025")), text);
}

TEST(ViewHistoryTest, WhatIsOfSnapshotsOfRowsIsNoField) {
  for (const char* field : {"mode: upsert", "timestamp_field: t",
                            "deleted_field: d", "duplicates: latest"}) {
    const ParsedFile file = With("partitions: hive", field);
    ASSERT_EQ(file.problems.size(), 1U) << field;
    EXPECT_THAT(file.problems[0].message,
                HasSubstr("batch source has no field"));
  }
  EXPECT_EQ(With("path: s3://lake/payments", "path: []").problems.size(), 1U);
  const ParsedFile none = With("format: parquet", "settle: soon");
  EXPECT_EQ(none.problems.size(), 1U);
}

}  // namespace
}  // namespace freshet
