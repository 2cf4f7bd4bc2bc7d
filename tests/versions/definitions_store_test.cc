// SPDX-License-Identifier: Apache-2.0
#include "versions/definitions_store.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <latch>
#include <thread>

#include "base/failpoint.h"
#include "tests/versions/store_kit.h"
#include "versions/layout.h"

namespace freshet {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class DefinitionsStoreTest : public ::testing::Test {
 protected:
  ~DefinitionsStoreTest() override { EXPECT_TRUE(ArmFailpoints("").ok()); }

  absl::StatusOr<ApplyResult> ApplyText(const std::string& text,
                                        bool allow_delete = false) {
    return kit_.parts->definitions.Apply({.text = text,
                                          .source_name = "f.yaml",
                                          .author = "ada",
                                          .allow_delete = allow_delete});
  }
  absl::StatusOr<ApplyResult> Apply(const std::vector<std::string>& features,
                                    bool allow_delete = false) {
    return ApplyText(UserYaml(features), allow_delete);
  }
  std::string OwnFile(const std::string& text) {
    const auto said = kit_.parts->definitions.ApplyOwnFile("own.yaml", text);
    return said.ok() ? *said : said.status().ToString();
  }
  std::vector<uint32_t> Ids() {
    std::vector<uint32_t> ids;
    for (const Column& column : kit_.view().schema.columns()) {
      ids.push_back(column.id);
    }
    return ids;
  }
  int64_t Sequence() { return kit_.parts->catalog->state()->sequence; }

  StoreKit kit_;
};

TEST_F(DefinitionsStoreTest, Rule16FirstApplyDefinesTheViewInOneRecord) {
  const auto result = Apply({"a: int64", "b: string"});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->applied);
  EXPECT_EQ(Sequence(), 1);
  EXPECT_THAT(Ids(), ElementsAre(1, 2));
  EXPECT_EQ(kit_.view().generation, 1);
  EXPECT_EQ(kit_.parts->serving.Current()->definitions_hash(), result->hash);
  const AppliedDefinitions& applied = kit_.parts->catalog->state()->definitions;
  EXPECT_EQ(applied.author, "ada");
  EXPECT_EQ(applied.source_name, "f.yaml");
  EXPECT_EQ(applied.applied_micros, kStart);
}

TEST_F(DefinitionsStoreTest, SameDefinitionsCommitNothing) {
  ASSERT_TRUE(Apply({"a: int64"}).ok());
  const auto again = Apply({"a: int64"});
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(again->applied);
  EXPECT_THAT(again->changes, IsEmpty());
  EXPECT_EQ(Sequence(), 1);
}

TEST_F(DefinitionsStoreTest, DryRunSaysWhatWouldChangeAndChangesNothing) {
  const auto plan =
      kit_.parts->definitions.Apply({.text = UserYaml({"a: int64"}),
                                     .source_name = "f.yaml",
                                     .author = "ada",
                                     .dry_run = true});
  ASSERT_TRUE(plan.ok());
  EXPECT_FALSE(plan->applied);
  EXPECT_THAT(plan->changes, SizeIs(3));  // Entity, view, service.
  EXPECT_EQ(Sequence(), 0);
}

TEST_F(DefinitionsStoreTest, APlanOfOtherDefinitionsThanAreAppliedIsRefused) {
  const auto apply = [&](const std::string& text, const std::string& expected) {
    return kit_.parts->definitions.Apply({.text = text,
                                          .source_name = "f.yaml",
                                          .author = "ada",
                                          .expected_hash = expected});
  };
  const std::string nothing = "0000000000000000";
  const auto first = apply(UserYaml({"a: int64"}), nothing);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->base_hash, nothing);

  const auto late = apply(UserYaml({"b: int64"}), nothing);
  EXPECT_TRUE(absl::IsAborted(late.status())) << late.status();
  EXPECT_THAT(std::string(late.status().message()),
              AllOf(HasSubstr(nothing), HasSubstr(first->hash),
                    HasSubstr("freshet definitions")));
  EXPECT_EQ(Sequence(), 1);
  const auto planned = apply(UserYaml({"a: int64", "b: int64"}), first->hash);
  ASSERT_TRUE(planned.ok()) << planned.status();
  EXPECT_EQ(planned->base_hash, first->hash);
}

// Both look at the same definitions; the second to commit must see that they
// are gone.
TEST_F(DefinitionsStoreTest, OfTwoAppliesOfOnePlanOnlyOneWins) {
  std::string base = "0000000000000000";
  for (int round = 0; round < 40; ++round) {
    std::latch both(2);
    std::array<absl::StatusOr<ApplyResult>, 2> results;
    std::vector<std::thread> threads;
    for (size_t i = 0; i < results.size(); ++i) {
      threads.emplace_back([&, i] {
        const std::string feature = fmt::format("f{}_{}: int64", round, i);
        const std::string text = UserYaml({"a: int64", feature});
        both.arrive_and_wait();
        results[i] = kit_.parts->definitions.Apply({.text = text,
                                                    .source_name = "f.yaml",
                                                    .author = "ada",
                                                    .allow_delete = true,
                                                    .expected_hash = base});
      });
    }
    for (std::thread& thread : threads) thread.join();
    ASSERT_NE(results[0].ok(), results[1].ok()) << "round " << round;
    const auto& winner = results[results[0].ok() ? 0 : 1];
    const auto& loser = results[results[0].ok() ? 1 : 0];
    EXPECT_TRUE(absl::IsAborted(loser.status())) << loser.status();
    base = winner->hash;
    EXPECT_EQ(kit_.parts->serving.Current()->definitions_hash(), base);
  }
}

TEST_F(DefinitionsStoreTest, EveryProblemOfATextIsListedAtOnce) {
  std::string yaml = UserYaml({"a: int46", "b: int64"});
  const std::string all = "features: [user]";
  const size_t service = yaml.find(all);
  ASSERT_NE(service, std::string::npos) << yaml;
  yaml.replace(service, all.size(), "features: [user.c]");
  const auto result = ApplyText(yaml);
  ASSERT_TRUE(result.ok());
  ASSERT_THAT(result->problems, SizeIs(2));
  EXPECT_THAT(result->problems[0].message, HasSubstr("'int46'"));
  EXPECT_THAT(result->problems[1].message, HasSubstr("feature 'c'"));
}

TEST_F(DefinitionsStoreTest, Rule16ProblemsAreListedAndNothingIsApplied) {
  ASSERT_TRUE(Apply({"a: int64"}).ok());
  std::string yaml = UserYaml({"a: int46", "b: strnig"});
  const auto result = ApplyText(yaml);
  ASSERT_TRUE(result.ok());
  EXPECT_FALSE(result->applied);
  EXPECT_THAT(result->problems, SizeIs(2));
  EXPECT_EQ(Sequence(), 1);
}

TEST_F(DefinitionsStoreTest, FileWithoutDefinitionsIsAProblem) {
  const auto result = ApplyText("settings: {log: {level: info}}\n");
  ASSERT_TRUE(result.ok());
  EXPECT_FALSE(result->applied);
  EXPECT_THAT(result->problems, Not(IsEmpty()));
}

TEST_F(DefinitionsStoreTest, DefinitionsSurviveARestart) {
  ASSERT_TRUE(Apply({"a: int64"}).ok());
  kit_.Load();
  kit_.Restart();
  EXPECT_EQ(kit_.Read("user.a"), "1");
}

TEST_F(DefinitionsStoreTest, NewFeatureIsNotInTheOldVersion) {
  ASSERT_TRUE(Apply({"a: int64"}).ok());
  kit_.Load();
  ASSERT_TRUE(Apply({"a: int64", "b: int64"}).ok());

  EXPECT_EQ(kit_.Read("user.a"), "1");
  EXPECT_EQ(kit_.Read("user.b"), "not in version");
  kit_.Load();
  EXPECT_EQ(kit_.Read("user.b"), "2");
  EXPECT_EQ(kit_.view().generation, 1);
}

TEST_F(DefinitionsStoreTest, RolledBackVersionLacksTheNewFeatureAgain) {
  ASSERT_TRUE(Apply({"a: int64"}).ok());
  kit_.Load();
  ASSERT_TRUE(Apply({"a: int64", "b: int64"}).ok());
  kit_.Load();
  ASSERT_TRUE(kit_.parts->actions.Rollback("user", "ada").ok());
  EXPECT_EQ(kit_.Read("user.a"), "1");
  EXPECT_EQ(kit_.Read("user.b"), "not in version");
}

TEST_F(DefinitionsStoreTest, RenamedFeatureKeepsItsIdAndItsValues) {
  ASSERT_TRUE(Apply({"a: int64", "b: int64"}).ok());
  kit_.Load({.value = 7});
  const auto result = Apply({"z: int64, was: a", "b: int64"}, true);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(kit_.Read("user.z"), "7");
  EXPECT_THAT(Ids(), ElementsAre(1, 2));
  EXPECT_THAT(result->changes,
              Contains(DefinitionChange{"change", "feature 'user.z'",
                                        "was 'a'; instant"}));
}

TEST_F(DefinitionsStoreTest, RenameThatStaysInTheFileIsDoneOnce) {
  ASSERT_TRUE(Apply({"a: int64"}).ok());
  ASSERT_TRUE(Apply({"z: int64, was: a"}, true).ok());
  ASSERT_TRUE(Apply({"z: int64, was: a", "b: int64"}).ok());
  EXPECT_THAT(Ids(), ElementsAre(1, 2));
}

TEST_F(DefinitionsStoreTest, ReorderedFeaturesKeepTheirIds) {
  ASSERT_TRUE(Apply({"a: int64", "b: string"}).ok());
  kit_.Load();
  ASSERT_TRUE(Apply({"b: string", "a: int64"}).ok());
  EXPECT_THAT(Ids(), ElementsAre(2, 1));
  EXPECT_EQ(kit_.Read("user.a"), "1");
  EXPECT_EQ(kit_.Read("user.b"), "1");
}

TEST_F(DefinitionsStoreTest, WideningKeepsTheGenerationUnderANewSchema) {
  ASSERT_TRUE(Apply({"a: int32", "b: float"}).ok());
  kit_.Load({.value = 3});
  const uint32_t schema = kit_.view().schema.id();
  ASSERT_TRUE(Apply({"a: int64", "b: double"}).ok());

  EXPECT_EQ(kit_.view().generation, 1);
  EXPECT_NE(kit_.view().schema.id(), schema);
  EXPECT_THAT(Ids(), ElementsAre(1, 2));
  EXPECT_EQ(kit_.Read("user.a"), "3");
  const std::vector<std::string> a = {"user.a"};
  const auto set = kit_.parts->serving.Current();
  const auto plan = set->MakePlan(a, {});
  EXPECT_EQ((*plan)->features[0].type.kind, Kind::kInt64);
  EXPECT_EQ((*plan)->features[0].stored_type.kind, Kind::kInt32);
}

TEST_F(DefinitionsStoreTest, OtherTypeIsANewGenerationAndTheRestServesOn) {
  ASSERT_TRUE(Apply({"a: int64", "b: int64"}).ok());
  kit_.Load({.value = 4});
  const auto result = Apply({"a: string", "b: int64"});
  ASSERT_TRUE(result.ok());

  EXPECT_EQ(kit_.view().generation, 2);
  EXPECT_THAT(Ids(), ElementsAre(3, 2));
  EXPECT_EQ(kit_.Read("user.a"), "not in version");
  EXPECT_EQ(kit_.Read("user.b"), "4");
  EXPECT_THAT(result->changes[0].effect, HasSubstr("needs a new load"));
  kit_.Load({.value = 5});
  EXPECT_EQ(kit_.Read("user.a"), "5");
}

TEST_F(DefinitionsStoreTest, NarrowingIsANewGeneration) {
  ASSERT_TRUE(Apply({"a: int64"}).ok());
  ASSERT_TRUE(Apply({"a: int32"}).ok());
  EXPECT_EQ(kit_.view().generation, 2);
}

std::string WithKey(const std::string& key) {
  std::string yaml = UserYaml({"a: int64"});
  yaml.replace(yaml.find("name: id, type: string"), 22, key);
  return yaml;
}

TEST_F(DefinitionsStoreTest, OtherKeyHasNoVersionUntilALoad) {
  ASSERT_TRUE(Apply({"a: int64"}).ok());
  kit_.Load();
  kit_.Apply(WithKey("name: id, type: int64"));

  EXPECT_EQ(kit_.view().generation, 2);
  EXPECT_EQ(kit_.Read("user.a"), "no version");
  EXPECT_THAT(kit_.parts->serving.Current()->FindView("user")->message,
              HasSubstr("its key changed"));
  EXPECT_EQ(kit_.parts->actions.Activate("user", 1, "ada").code(),
            absl::StatusCode::kFailedPrecondition);
  kit_.Load();
  EXPECT_EQ(kit_.Read("user.a"), "2");
}

TEST_F(DefinitionsStoreTest, KeyThatComesBackServesItsVersionAgain) {
  ASSERT_TRUE(Apply({"a: int64"}).ok());
  kit_.Load();
  kit_.Apply(WithKey("name: email, type: string"));
  EXPECT_EQ(kit_.Read("user.a"), "no version");
  ASSERT_TRUE(Apply({"a: int64"}).ok());
  EXPECT_EQ(kit_.Read("user.a"), "1");
}

TEST_F(DefinitionsStoreTest, RemovedFeatureThatAServiceUsesIsRefusedByName) {
  ASSERT_TRUE(Apply({"a: int64", "b: int64"}).ok());
  const auto refused = Apply({"a: int64"});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.status().message()),
              AllOf(HasSubstr("feature 'user.b'"), HasSubstr("service 'model'"),
                    HasSubstr("--allow-delete")));
  EXPECT_TRUE(Apply({"a: int64"}, true).ok());
}

TEST_F(DefinitionsStoreTest, FeatureThatComesBackIsANewOne) {
  ASSERT_TRUE(Apply({"a: int64", "b: int64"}).ok());
  ASSERT_TRUE(Apply({"a: int64"}, true).ok());
  ASSERT_TRUE(Apply({"a: int64", "b: int64"}).ok());
  EXPECT_THAT(Ids(), ElementsAre(1, 3));
}

std::string WithoutUser() {
  return "project: test\n"
         "entities: [{name: x, join_keys: [{name: x, type: string}]}]\n";
}

TEST_F(DefinitionsStoreTest, RemovedViewNeedsAllowDelete) {
  ASSERT_TRUE(Apply({"a: int64"}).ok());
  kit_.Load();
  const auto refused = ApplyText(WithoutUser());
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.status().message()),
              AllOf(HasSubstr("view 'user' with its 1 version ("),
                    HasSubstr("service 'model'")));
  EXPECT_EQ(kit_.Read("user.a"), "1");
}

TEST_F(DefinitionsStoreTest, RemovedViewsVersionsAreDeleted) {
  ASSERT_TRUE(Apply({"a: int64"}).ok());
  kit_.Load();
  ASSERT_TRUE(kit_.parts->actions.Pin("user", 1, true).ok());
  const auto result = ApplyText(WithoutUser(), true);
  ASSERT_TRUE(result.ok()) << result.status();

  EXPECT_THAT(kit_.Read("user.a"), HasSubstr("no view 'user'"));
  EXPECT_THAT(*ListDir(ViewDir(kit_.dir(), "user")), IsEmpty());
  EXPECT_TRUE(kit_.view().versions.empty());
  EXPECT_THAT(kit_.view().activations, SizeIs(1));  // Rule 16: for ever.
  EXPECT_EQ(AllocateVersion(*kit_.parts->catalog, "user").status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(DefinitionsStoreTest, ViewThatComesBackGoesOnCounting) {
  ASSERT_TRUE(Apply({"a: int64"}).ok());
  kit_.Load();
  ASSERT_TRUE(ApplyText(WithoutUser(), true).ok());
  ASSERT_TRUE(Apply({"a: int64"}).ok());
  // So that what is watched is not taken for loaded.
  EXPECT_EQ(kit_.view().generation, 2);
  EXPECT_EQ(kit_.Load(), 2);
  EXPECT_EQ(kit_.Read("user.a"), "2");
}

TEST_F(DefinitionsStoreTest, Rule16FailedCommitAppliesNothing) {
  ASSERT_TRUE(Apply({"a: int64"}).ok());
  kit_.Load();
  ASSERT_TRUE(ArmFailpoints("catalog.before_write=error").ok());
  EXPECT_FALSE(Apply({"a: string"}).ok());
  EXPECT_EQ(kit_.view().generation, 1);
  EXPECT_EQ(kit_.Read("user.a"), "1");
}

TEST_F(DefinitionsStoreTest, ShorterRetentionDeletesAtOnce) {
  const auto keep = [](int versions) {
    return UserYaml({"a: int64"},
                    fmt::format("    retention: {{versions: {}}}\n", versions));
  };
  kit_.Apply(keep(3));
  for (int i = 0; i < 3; ++i) kit_.Load();
  kit_.Apply(keep(1));
  EXPECT_EQ(kit_.view().versions.size(), 1u);
}

TEST_F(DefinitionsStoreTest, OwnFileIsAppliedAtFirst) {
  EXPECT_THAT(OwnFile(UserYaml({"a: int64"})), HasSubstr("is applied"));
  EXPECT_EQ(kit_.parts->catalog->state()->definitions.source_name, "own.yaml");
}

TEST_F(DefinitionsStoreTest, UnchangedOwnFileYieldsToWhatWasAppliedSince) {
  OwnFile(UserYaml({"a: int64"}));
  EXPECT_THAT(OwnFile(UserYaml({"a: int64"})), HasSubstr("has not changed"));
  ASSERT_TRUE(Apply({"a: int64", "b: int64"}).ok());

  EXPECT_THAT(
      OwnFile(UserYaml({"a: int64"})),
      AllOf(HasSubstr("yield to"), HasSubstr("'ada'"), HasSubstr("'f.yaml'")));
  EXPECT_THAT(Ids(), SizeIs(2));
}

TEST_F(DefinitionsStoreTest, ChangedOwnFileReplacesWhatWasAppliedSince) {
  OwnFile(UserYaml({"a: int64"}));
  ASSERT_TRUE(Apply({"a: int64", "b: int64"}).ok());

  EXPECT_THAT(OwnFile(UserYaml({"a: int64", "b: int64", "c: int64"})),
              AllOf(HasSubstr("replace"), HasSubstr("'ada'")));
  EXPECT_THAT(Ids(), SizeIs(3));
}

TEST_F(DefinitionsStoreTest, OwnFileThatHoldsWhatIsAppliedChangesNothing) {
  ASSERT_TRUE(Apply({"a: int64"}).ok());
  EXPECT_THAT(OwnFile(UserYaml({"a: int64"})),
              HasSubstr("holds the definitions that are applied"));
  EXPECT_EQ(kit_.parts->catalog->state()->definitions.author, "ada");
  EXPECT_THAT(OwnFile(UserYaml({"a: int64"})), HasSubstr("has not changed"));
}

TEST_F(DefinitionsStoreTest, ProblemsOfTheOwnFileAreListed) {
  EXPECT_THAT(
      OwnFile(UserYaml({"a: int46"})),
      AllOf(HasSubstr("INVALID_ARGUMENT"), HasSubstr("own.yaml:10:25:")));
}

TEST_F(DefinitionsStoreTest, NamesThatAreTextsAreRefused) {
  const auto result =
      kit_.parts->definitions.Apply({.text = UserYaml({"a: int64"}),
                                     .source_name = "f.yaml",
                                     .author = std::string(4097, 'a')});
  EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(DefinitionsStoreTest, OwnFileWithSettingsAloneChangesNothing) {
  EXPECT_THAT(OwnFile("settings: {storage: {directory: x}}\n"),
              HasSubstr("has no definitions"));
}

}  // namespace
}  // namespace freshet
