// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

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

TEST_F(CliTest, CheckPrintsEveryProblemAtItsPlace) {
  const std::string file = Write("bad.yaml", "project: p\nentites: []\nx: 1\n");
  const CliResult result = RunFreshet({"check", file});
  EXPECT_EQ(result.code, kBadFile);
  EXPECT_THAT(result.err, HasSubstr(file + ":2:1: "));
  EXPECT_THAT(result.err, HasSubstr("entities"));
  EXPECT_THAT(result.err, HasSubstr(file + ":3:1: "));
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

}  // namespace
}  // namespace freshet
