// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "tests/cli/cli_fixture.h"

namespace freshet {
namespace {

using testing::HasSubstr;

v1::ViewDescription Orders() {
  v1::ViewDescription view;
  view.mutable_state()->set_name("orders");
  view.mutable_state()->set_owner("ops");
  view.mutable_state()->add_join_keys("user_id");
  view.mutable_state()->set_freshness_seconds(90);
  view.set_description("What \x1b[31musers ordered.");
  view.set_source_path("orders.csv");
  view.set_pii(true);
  (*view.mutable_tags())["team"] = "shop";
  (*view.mutable_tags())["cost"] = "low";
  auto* feature = view.add_features();
  feature->set_name("email");
  feature->mutable_type()->set_kind(v1::KIND_STRING);
  feature->set_null_ratio(-1);
  feature->set_pii(true);
  (*feature->mutable_tags())["kind"] = "contact";
  feature->set_description("Last used.");
  return view;
}

TEST_F(CliTest, DescribePrintsAllThatTheDefinitionSaysOfAView) {
  daemon_.Answer("DescribeView", Orders());
  EXPECT_EQ(
      Run({"describe", "orders"}).out,
      "view        orders\n"
      "description What \\x1b[31musers ordered.\n"
      "owner       ops\n"
      "tags        cost: low, team: shop\n"
      "pii         yes\n"
      "critical    no\n"
      "keys        user_id\n"
      "source      orders.csv\n"
      "ttl         none\n"
      "freshness   1 min 30 s\n"
      "version     none yet\n"
      "services    \n"
      "\n"
      "FEATURE  TYPE    DEFAULT  NULLS  PII  TAGS           DESCRIPTION\n"
      "email    string        -      -  yes  kind: contact  Last used.\n");
}

TEST_F(CliTest, DescribeSaysWhatTheWatchOfASourceSees) {
  using v1::SourceWatch;
  v1::ViewDescription view = Orders();
  SourceWatch& watch = *view.mutable_watch();
  watch.set_every_seconds(30);
  watch.set_state(SourceWatch::STATE_NOT_LOOKED);
  const auto said = [&] {
    daemon_.Answer("DescribeView", view);
    return Run({"describe", "orders"}).out;
  };
  EXPECT_THAT(said(),
              HasSubstr("\nwatch       every 30 s, not looked at yet\n"));
  watch.set_looked_micros(1'388'534'399'000'000);
  watch.set_path("s3://b/ds=1");
  watch.set_state(SourceWatch::STATE_COMPLETE);
  EXPECT_THAT(said(), HasSubstr("every 30 s, last looked at "
                                "2013-12-31T23:59:59Z: 's3://b/ds=1' is "
                                "complete\n"));
  watch.set_state(SourceWatch::STATE_WAITING);
  watch.set_message("no `_SUCCESS` yet");
  EXPECT_THAT(said(), HasSubstr("59Z, waits: no `_SUCCESS` yet\n"));
  watch.set_state(SourceWatch::STATE_FAILING);
  watch.set_message("the \x1b[31mstore");
  EXPECT_THAT(said(), HasSubstr("59Z, FAILS: the \\x1b[31mstore\n"));
}

TEST_F(CliTest, DescribeAsJsonHasMapsAsObjectsAndNumbersAsNumbers) {
  v1::ViewDescription view = Orders();
  view.mutable_state()->set_rows(9007199254740993);  // 2^53 + 1.
  daemon_.Answer("DescribeView", view);
  const std::string out = Run({"--json", "describe", "orders"}).out;
  EXPECT_THAT(out, HasSubstr("\"rows\":9007199254740993,"));
  EXPECT_THAT(out, HasSubstr("\"tags\":{\"cost\":\"low\",\"team\":\"shop\"}"));
  EXPECT_THAT(out, HasSubstr("\"kind\":\"KIND_STRING\""));
  EXPECT_THAT(out, HasSubstr("\"pii\":true"));
  EXPECT_THAT(out, HasSubstr("\"critical\":false"));
}

TEST_F(CliTest, DescribeSaysOfAStreamViewWhereItsWindowsBegin) {
  v1::ViewDescription view;
  view.mutable_stream()->set_name("payments");
  const auto add = [&](const std::string& name, int64_t length, int64_t hop) {
    auto* feature = view.add_features();
    feature->set_name(name);
    feature->mutable_type()->set_kind(v1::KIND_INT64);
    feature->set_null_ratio(-1);
    feature->mutable_window()->set_length_micros(length);
    feature->mutable_window()->set_hop_micros(hop);
  };
  add("count_10m", 600'000'000, 10'000'000);
  add("count_10s", 10'000'000, 0);
  add("count_lifetime", 0, 0);
  add("count_1h_x24", 3'600'000'000, 60'000'000);
  view.mutable_features(3)->mutable_window()->set_count(24);
  add("count_10s_by_m", 10'000'000, 0);
  view.mutable_features(4)->mutable_window()->set_by("merchant");
  view.mutable_features(4)->mutable_window()->set_max_groups(50);
  daemon_.Answer("DescribeView", view);

  EXPECT_THAT(
      Run({"describe", "payments"}).out,
      HasSubstr("\n"
                "FEATURE         TYPE   WINDOW\n"
                "count_10m       int64  10m, sawtooth by 10s\n"
                "count_10s       int64  10s, exact\n"
                "count_lifetime  int64  lifetime\n"
                "count_1h_x24    int64  24 x 1h, sawtooth by 1m\n"
                "count_10s_by_m  int64  10s, exact, by 'merchant' (at most "
                "50)\n"));
}

TEST_F(CliTest, DescribeSaysHowFarBehindEventsAre) {
  v1::ViewDescription view = Orders();
  view.set_live_source("changes");
  daemon_.Answer("DescribeView", view);
  EXPECT_THAT(Run({"describe", "orders"}).out,
              HasSubstr("\nlive rows   from stream source 'changes'\n"));

  v1::EventFreshness& rows = *view.mutable_state()->mutable_live_freshness();
  rows.set_expected_seconds(30);
  daemon_.Answer("DescribeView", view);
  EXPECT_THAT(Run({"describe", "orders"}).out,
              HasSubstr("\nlive rows   from stream source 'changes', not known "
                        "how far behind, at most 30 s expected\n"));

  v1::ViewDescription windows;
  windows.mutable_stream()->set_source("changes");
  windows.mutable_stream()->mutable_freshness()->set_behind_seconds(0.25);
  daemon_.Answer("DescribeView", windows);
  EXPECT_THAT(Run({"describe", "payments"}).out,
              HasSubstr("\nsource      changes\n"
                        "freshness   250 ms behind\n"));
}

}  // namespace
}  // namespace freshet
