// SPDX-License-Identifier: Apache-2.0
#include "cli/statistics_text.h"

#include <gmock/gmock.h>

#include <initializer_list>

#include "tests/cli/cli_fixture.h"

namespace freshet {
namespace {

using testing::HasSubstr;

v1::FeatureStatistics* Add(v1::VersionDescription& version, uint32_t id,
                           const std::string& name,
                           std::initializer_list<double> quantiles) {
  v1::FeatureStatistics* stats = version.add_features();
  stats->set_id(id);
  stats->set_name(name);
  stats->mutable_type()->set_kind(v1::KIND_DOUBLE);
  stats->set_measure("value");
  stats->set_nulls(5);
  stats->set_rows(2000);
  stats->set_distinct(1234);
  stats->set_max(1e9);
  stats->set_mean(1.0 / 3);
  stats->mutable_quantiles()->Assign(quantiles.begin(), quantiles.end());
  return stats;
}

v1::VersionDescription Orders(int64_t version) {
  v1::VersionDescription orders;
  orders.mutable_state()->set_view("orders");
  orders.mutable_state()->set_version(version);
  orders.mutable_state()->set_phase(v1::VERSION_PHASE_KEPT);
  orders.mutable_state()->set_rows(2000);
  Add(orders, 1, "total", {1, 2, 3, 4, 5})->set_min(-2);
  return orders;
}

TEST_F(CliTest, DescribeOfAVersionPrintsItsStatistics) {
  v1::VersionDescription orders = Orders(7);
  v1::FeatureStatistics* at = Add(orders, 2, "at", {});
  at->mutable_type()->set_kind(v1::KIND_TIMESTAMP);
  at->set_mean(1388534399.5);
  v1::FeatureStatistics* none = Add(orders, 3, "none", {});
  none->set_distinct(0);
  daemon_.Answer("DescribeVersion", orders);
  EXPECT_EQ(
      Run({"describe", "orders", "7"}).out,
      "orders: version 7 is kept (2,000 rows, 0 B, as of "
      "1970-01-01T00:00:00Z)\n"
      "\n"
      "FEATURE  OF     NULLS  NANS  DISTINCT  MIN                   MEAN       "
      "             P50  P99  MAX\n"
      "total    value  0.25%    0%     1,234  -2                    0.333333   "
      "               3    5  1e+09\n"
      "at       value  0.25%    0%     1,234  1970-01-01T00:00:00Z  "
      "2013-12-31T23:59:59.5Z    -    -  2001-09-09T01:46:40Z\n"
      "none     value  0.25%    0%         -  -                     -          "
      "               -    -  -\n");
}

TEST_F(CliTest, DescribeOfAnUpsertSaysWhoseStatisticsTheyAre) {
  v1::VersionDescription orders = Orders(7);
  orders.mutable_state()->set_base(6);
  orders.mutable_features(0)->set_rows(50);
  daemon_.Answer("DescribeVersion", orders);
  const std::string out = Run({"describe", "orders", "7"}).out;
  EXPECT_THAT(out, HasSubstr("Of the 50 rows that version 7 brought; it is "
                             "laid over version 6.\n"));
  EXPECT_THAT(out, HasSubstr("total    value    10%    0%"));
}

TEST_F(CliTest, DiffAsksForBothVersions) {
  daemon_.Answer("DescribeVersion", Orders(7));
  EXPECT_THAT(Run({"diff", "orders", "7"}).out, HasSubstr("VERSION 7"));
  EXPECT_THAT(Run({"--json", "diff", "orders", "7", "8"}).out,
              testing::StartsWith("{\"before\":"));
  EXPECT_EQ(Run({"diff", "orders", "x"}).code, kUsage);
  EXPECT_EQ(Run({"diff", "orders"}).code, kUsage);
}

TEST(DiffTextTest, WhatDiffersHasAnArrow) {
  v1::VersionDescription before = Orders(7);
  v1::VersionDescription after = Orders(8);
  after.mutable_state()->set_rows(1000);
  after.mutable_features(0)->set_name("sum");
  after.mutable_features(0)->set_max(7);
  after.mutable_features(0)->set_rows(1000);
  Add(before, 2, "old", {});
  Add(after, 3, "fresh", {});
  const std::string text = DiffText(before, after);
  EXPECT_THAT(text, HasSubstr("VERSION 7"));
  EXPECT_THAT(text, HasSubstr("VERSION 8"));
  EXPECT_THAT(text, HasSubstr("2,000"));
  EXPECT_THAT(text, HasSubstr("total -> sum  value  0.25% -> 0.5%"));
  EXPECT_THAT(text, HasSubstr("1e+09 -> 7"));
  EXPECT_THAT(text, HasSubstr("\nold (gone) "));
  EXPECT_THAT(text, HasSubstr("\nfresh (new) "));
}

}  // namespace
}  // namespace freshet
