// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/cli/cli_fixture.h"

namespace freshet {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

constexpr char kGood[] = R"(
project: p
entities:
  - name: plane
    join_keys: [{name: tailnum, type: string}]
batch_feature_views:
  - name: plane
    entities: [plane]
    source: {path: planes.parquet}
    features: [{name: seats, type: int64}]
)";

v1::ApplyDefinitionsResponse Plan() {
  v1::ApplyDefinitionsResponse plan;
  auto* change = plan.add_changes();
  change->set_kind("add");
  change->set_what("view 'plane'");
  change->set_effect("needs a load");
  plan.set_hash("abc");
  return plan;
}

TEST_F(CliTest, CheckNeedsNoDaemon) {
  const std::string file = Write("good.yaml", kGood);
  const CliResult result = RunFreshet({"check", file});
  EXPECT_EQ(result.code, kOk) << result.err;
  EXPECT_EQ(result.out, "'" + file +
                            "' is right (entities: 1, views: 1, features: 1, "
                            "services: 0).\n");
}

TEST_F(CliTest, CheckCountsViewsOfStreamsToo) {
  const std::string file = Write("stream.yaml", R"(
project: p
entities:
  - name: user
    join_keys: [{name: user, type: string}]
stream_sources:
  - name: paid
    fields:
      - {name: user, type: string}
      - {name: at, type: timestamp}
    timestamp_field: at
    single_node: true
stream_feature_views:
  - name: paid
    entities: [user]
    source: paid
    aggregations: [{functions: [count], windows: [10m, 1h]}]
    duplicates: counted
)");
  const CliResult result = RunFreshet({"check", file});
  EXPECT_EQ(result.code, kOk) << result.err;
  EXPECT_EQ(result.out, "'" + file +
                            "' is right (entities: 1, views: 1, features: 2, "
                            "services: 0).\n");
}

TEST_F(CliTest, CheckPrintsEveryProblemAtItsPlace) {
  const std::string file = Write("bad.yaml", "project: p\nentites: []\nx: 1\n");
  const CliResult result = RunFreshet({"check", file});
  EXPECT_EQ(result.code, kBadFile);
  EXPECT_THAT(result.err, HasSubstr(file + ":2:1: "));
  EXPECT_THAT(result.err, HasSubstr("entities"));
  EXPECT_THAT(result.err, HasSubstr(file + ":3:1: "));
}

TEST_F(CliTest, CheckLooksIntoAFileOfProtobuf) {
  const std::string file = Write("proto.yaml", R"yaml(project: p
stream_sources:
  - name: payments
    fields:
      - {name: usr, type: string}
      - {name: at, type: timestamp}
    timestamp_field: at
    kafka:
      brokers: ["b:1"]
      topics: [t]
      format: protobuf
      message: Payment
      schema: |
        syntax = "proto3";
        import "google/protobuf/timestamp.proto";
        message Payment {
          string user = 1;
          google.protobuf.Timestamp at = 2;
        }
)yaml");
  const CliResult result = RunFreshet({"check", file});
  EXPECT_EQ(result.code, kBadFile);
  EXPECT_THAT(result.err,
              HasSubstr(file + ":5:9: field 'usr' is not in the schema; "
                               "nearest: 'user'"));
}

TEST_F(CliTest, CheckSaysAsJsonWhatIsWrongAndWhere) {
  const std::string bad = Write("bad.json.yaml", "project: p\nx: 1\n");
  const CliResult wrong = RunFreshet({"--json", "check", bad});
  EXPECT_EQ(wrong.code, kBadFile);
  EXPECT_EQ(wrong.err, "");
  const auto json = nlohmann::json::parse(wrong.out);
  EXPECT_EQ(json["right"], false);
  ASSERT_THAT(json["problems"], SizeIs(1));
  EXPECT_EQ(json["problems"][0]["line"], 2);
  EXPECT_EQ(json["problems"][0]["column"], 1);
  EXPECT_THAT(json["problems"][0]["message"].get<std::string>(),
              HasSubstr("'x'"));

  const std::string good = Write("good.json.yaml", kGood);
  const CliResult right = RunFreshet({"--json", "check", good});
  EXPECT_EQ(right.code, kOk);
  EXPECT_EQ(nlohmann::json::parse(right.out),
            nlohmann::json({{"file", good},
                            {"right", true},
                            {"entities", 1},
                            {"views", 1},
                            {"features", 1},
                            {"services", 0},
                            {"problems", nlohmann::json::array()}}));
}

TEST_F(CliTest, CheckAppliesNothingAndSaysNothingOfIt) {
  const std::string file = Write("check.yaml", "project: p\nx: 1\n");
  EXPECT_THAT(RunFreshet({"check", file}).err,
              HasSubstr("freshet: 1 problem in '" + file + "'.\n"));
  EXPECT_THAT(Run({"apply", file}).err,
              HasSubstr("1 problem in '" + file + "'; nothing was applied.\n"));
}

TEST_F(CliTest, AFileOfSettingsAloneHasNothingToApply) {
  const std::string file =
      Write("settings.yaml", "settings: {storage: {directory: d}}\n");
  const CliResult result = Run({"apply", file});
  EXPECT_EQ(result.code, kBadFile);
  EXPECT_THAT(result.err, HasSubstr("has settings and no definitions"));
  EXPECT_THAT(result.err, HasSubstr("freshet reload"));
  EXPECT_THAT(daemon_.calls(), SizeIs(0));
}

TEST_F(CliTest, AMissingFileIsSaid) {
  const CliResult result = RunFreshet({"check", "/nowhere/freshet.yaml"});
  EXPECT_EQ(result.code, kNoFile);
  EXPECT_THAT(result.err, HasSubstr("/nowhere/freshet.yaml"));
}

TEST_F(CliTest, ApplyShowsThePlanAndAsks) {
  daemon_.Answer("ApplyDefinitions", Plan());
  const std::string file = Write("ask.yaml", kGood);

  const CliResult no = Run({"apply", file}, "n", true);
  EXPECT_EQ(no.code, kFailed);
  EXPECT_THAT(no.out, HasSubstr("+ view 'plane': needs a load\n"));
  EXPECT_THAT(no.out, HasSubstr("Nothing was applied."));
  EXPECT_THAT(daemon_.calls(), SizeIs(1));

  const CliResult yes = Run({"apply", file}, "y", true);
  EXPECT_EQ(yes.code, kOk);
  EXPECT_THAT(yes.out, HasSubstr("hash is abc"));
  ASSERT_THAT(daemon_.calls(), SizeIs(3));
  EXPECT_THAT(daemon_.calls()[1], HasSubstr("dry_run: true"));
  EXPECT_THAT(daemon_.calls()[2], Not(HasSubstr("dry_run: true")));
}

TEST_F(CliTest, ApplyWithoutATerminalWantsYes) {
  daemon_.Answer("ApplyDefinitions", Plan());
  const std::string file = Write("script.yaml", kGood);
  const CliResult refused = Run({"apply", file});
  EXPECT_EQ(refused.code, kUsage);
  EXPECT_THAT(refused.err, HasSubstr("--yes"));
  EXPECT_EQ(Run({"apply", file, "--yes"}).code, kOk);
}

TEST_F(CliTest, ApplyOfNothingNewAsksNothing) {
  daemon_.Answer("ApplyDefinitions", v1::ApplyDefinitionsResponse());
  const std::string file = Write("same.yaml", kGood);
  const CliResult result = Run({"apply", file});
  EXPECT_EQ(result.code, kOk);
  EXPECT_EQ(result.out, "Nothing changes.\n");
  EXPECT_THAT(daemon_.calls(), SizeIs(1));
}

TEST_F(CliTest, WhatIsAppliedIsThePlanThatWasShown) {
  v1::ApplyDefinitionsResponse plan = Plan();
  plan.set_base_hash("00aa");
  daemon_.Answer("ApplyDefinitions", plan);
  const std::string file = Write("tied.yaml", kGood);
  EXPECT_EQ(Run({"apply", file, "--yes"}).code, kOk);
  ASSERT_THAT(daemon_.calls(), SizeIs(2));
  EXPECT_THAT(daemon_.calls()[0], Not(HasSubstr("expected_hash")));
  EXPECT_THAT(daemon_.calls()[1], HasSubstr("expected_hash: \"00aa\""));
}

TEST_F(CliTest, APlanThatIsOutOfDateIsToBeTriedAgain) {
  daemon_.Refuse("ApplyDefinitions",
                 {grpc::StatusCode::ABORTED, "others are applied by now"});
  const CliResult result = Run({"apply", Write("late.yaml", kGood), "--yes"});
  EXPECT_EQ(result.code, kTryAgain);
  EXPECT_EQ(result.err, "freshet: others are applied by now\n");
}

v1::ApplyDefinitionsResponse Deletion() {
  v1::ApplyDefinitionsResponse plan = Plan();
  auto* change = plan.add_changes();
  change->set_kind("remove");
  change->set_what("view 'route'");
  change->set_effect("deletes its 5 versions");
  plan.add_deletions("view 'route' with its 5 versions");
  return plan;
}

TEST_F(CliTest, ADeletionIsRefusedBeforeAnythingIsAsked) {
  daemon_.Answer("ApplyDefinitions", Deletion());
  const std::string file = Write("deletes.yaml", kGood);
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"apply", file, "--dry-run"},
                                             {"apply", file, "--yes"},
                                             {"apply", file}}) {
    const CliResult result = Run(words, "y", true);
    EXPECT_EQ(result.code, kFailed) << words.back();
    EXPECT_THAT(result.out,
                HasSubstr("- view 'route': deletes its 5 versions\n"
                          "! view 'route' with its 5 versions: needs "
                          "--allow-delete\n"));
    EXPECT_THAT(result.out, Not(HasSubstr("[y/N]")));
    EXPECT_THAT(result.err, HasSubstr("freshet apply --allow-delete " + file));
  }
  for (const std::string& call : daemon_.calls()) {
    EXPECT_THAT(call, HasSubstr("dry_run: true"));
  }
}

TEST_F(CliTest, ADeletionThatIsAllowedIsApplied) {
  daemon_.Answer("ApplyDefinitions", Deletion());
  const std::string file = Write("allowed.yaml", kGood);
  const CliResult shown = Run({"apply", file, "--allow-delete", "--dry-run"});
  EXPECT_EQ(shown.code, kOk) << shown.err;
  EXPECT_THAT(shown.out, Not(HasSubstr("--allow-delete")));
  EXPECT_EQ(Run({"apply", file, "--allow-delete", "--yes"}).code, kOk);
}

TEST_F(CliTest, ADryRunAsJsonAlsoFailsWhereApplyWould) {
  daemon_.Answer("ApplyDefinitions", Deletion());
  const CliResult result =
      Run({"--json", "apply", Write("json.yaml", kGood), "--dry-run"});
  EXPECT_EQ(result.code, kFailed);
  EXPECT_EQ(nlohmann::json::parse(result.out)["deletions"],
            nlohmann::json({"view 'route' with its 5 versions"}));
}

TEST_F(CliTest, BesideJsonThePlanIsShownBeforeItIsAskedFor) {
  daemon_.Answer("ApplyDefinitions", Plan());
  const CliResult result =
      Run({"--json", "apply", Write("asked.yaml", kGood)}, "y", true);
  EXPECT_EQ(result.code, kOk);
  EXPECT_EQ(result.err, "+ view 'plane': needs a load\nApply this? [y/N] ");
  EXPECT_EQ(nlohmann::json::parse(result.out)["hash"], "abc");
}

}  // namespace
}  // namespace freshet
