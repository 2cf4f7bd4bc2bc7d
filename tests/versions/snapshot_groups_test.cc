// SPDX-License-Identifier: Apache-2.0
#include "versions/groups/snapshot_groups.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/versions/store_kit.h"
#include "versions/layout.h"

namespace freshet {
namespace {

using ::testing::HasSubstr;
using Phase = VersionRecord::Phase;

std::string ViewYaml(const std::string& name, const std::string& group) {
  return fmt::format(
      "  - name: {0}\n"
      "    entities: [user]\n"
      "    source: {{path: snapshots/{0}}}\n"
      "{1}"
      "    features: [{{name: number, type: int64}}]\n",
      name,
      group.empty() ? "" : fmt::format("    snapshot_group: {}\n", group));
}

std::string Yaml(const std::vector<std::string>& views) {
  std::string out =
      "project: test\n"
      "entities:\n"
      "  - name: user\n"
      "    join_keys: [{name: id, type: string}]\n"
      "batch_feature_views:\n";
  for (const std::string& view : views) out += view;
  return out;
}

// Views `a` and `b` of the group `daily`, and `alone`.
class SnapshotGroupsTest : public ::testing::Test {
 protected:
  SnapshotGroupsTest() {
    kit_.Apply(Yaml({ViewYaml("a", "daily"), ViewYaml("b", "daily"),
                     ViewYaml("alone", "")}));
  }

  // Loads as of now, or of `as_of` seconds after kStart; returns whether the
  // version serves.
  bool Load(const std::string& view, const std::string& run,
            int64_t as_of = 0) {
    return Commit(Request(view, run, as_of));
  }
  CommitRequest Request(const std::string& view, const std::string& run,
                        int64_t as_of = 0) {
    kit_.clock.Advance(kSecondMicros);
    auto request = kit_.Build(
        {.view = view,
         .as_of_micros = as_of == 0 ? 0 : kStart + as_of * kSecondMicros});
    EXPECT_TRUE(request.ok()) << request.status();
    request->run = run;
    return *std::move(request);
  }
  bool Commit(const CommitRequest& request) {
    const auto active =
        CommitVersion(kit_.dir(), *kit_.parts->catalog, request);
    EXPECT_TRUE(active.ok()) << active.status();
    EXPECT_TRUE(kit_.parts->publisher.Refresh(kit_.clock.NowMicros()).ok());
    return active.ok() && *active;
  }
  bool LoadHeld(const std::string& view, const std::string& run) {
    CommitRequest request = Request(view, run);
    request.activate = false;
    request.phase = Phase::kPendingApproval;
    request.message = "too few rows";
    return Commit(request);
  }

  std::string Serves() {
    return fmt::format("{} {}", kit_.Read("a.number"), kit_.Read("b.number"));
  }
  std::string Message(const std::string& view, int64_t version) {
    return kit_.view(view).Find(version)->message;
  }
  GroupActions& groups() { return kit_.parts->groups; }

  StoreKit kit_;
};

TEST_F(SnapshotGroupsTest, OnceEachViewHasARunAllOfThemServeIt) {
  EXPECT_FALSE(Load("a", "day1"));
  EXPECT_EQ(Serves(), "no version no version");
  EXPECT_EQ(Message("a", 1),
            "waits for run 'day1' of snapshot group 'daily': view 'b' has none "
            "of it");
  const int64_t before = kit_.parts->catalog->state()->sequence;
  EXPECT_TRUE(Load("b", "day1"));

  EXPECT_EQ(Serves(), "1 1");
  EXPECT_EQ(Message("a", 1), "");
  const Activation& one = kit_.view("a").activations.back();
  EXPECT_EQ(one.run, "day1");
  EXPECT_EQ(one.at_micros, kit_.view("b").activations.back().at_micros);
  // The version's id, and the one commit of both.
  EXPECT_EQ(kit_.parts->catalog->state()->sequence, before + 2);
}

TEST_F(SnapshotGroupsTest, AViewOfNoGroupServesAtOnce) {
  EXPECT_TRUE(Load("alone", ""));
  EXPECT_EQ(kit_.Read("alone.number"), "1");
}

TEST_F(SnapshotGroupsTest, WhatWaitsStillWaitsAfterARestart) {
  Load("a", "day1");
  kit_.Restart();
  EXPECT_EQ(Serves(), "no version no version");
  EXPECT_TRUE(Load("b", "day1"));
  EXPECT_EQ(Serves(), "1 1");
  kit_.Restart();
  EXPECT_EQ(Serves(), "1 1");
}

TEST_F(SnapshotGroupsTest, OneThatIsHeldHoldsTheRunUntilItIsApproved) {
  Load("a", "day1");
  EXPECT_FALSE(LoadHeld("b", "day1"));
  EXPECT_THAT(Message("a", 1), HasSubstr("view 'b': version 1 waits for "
                                         "approval (too few rows)"));
  ASSERT_TRUE(kit_.parts->actions.Approve("b", 1, "ada").ok());
  EXPECT_EQ(Serves(), "1 1");
  EXPECT_EQ(kit_.view("a").activations.back().who, "ada");
}

TEST_F(SnapshotGroupsTest, OneThatIsApprovedFirstWaitsForTheOthers) {
  LoadHeld("b", "day1");
  ASSERT_TRUE(kit_.parts->actions.Approve("b", 1, "ada").ok());
  EXPECT_EQ(Serves(), "no version no version");
  EXPECT_THAT(Message("b", 1), HasSubstr("view 'a' has none of it"));
  EXPECT_TRUE(Load("a", "day1"));
  EXPECT_EQ(Serves(), "1 1");
}

TEST_F(SnapshotGroupsTest, WhatIsRejectedIsMissing) {
  Load("a", "day1");
  LoadHeld("b", "day1");
  ASSERT_TRUE(kit_.parts->actions.Reject("b", 1).ok());
  EXPECT_THAT(Message("a", 1), HasSubstr("view 'b' has none of it"));
  EXPECT_TRUE(Load("b", "day1"));
  EXPECT_EQ(Serves(), "1 2");
}

TEST_F(SnapshotGroupsTest, ARunThatAnotherPassedStaysBehind) {
  Load("a", "day1");
  Load("a", "day2");
  EXPECT_TRUE(Load("b", "day2"));
  EXPECT_EQ(Serves(), "2 1");
  EXPECT_EQ(Message("a", 1), "not activated: run 'day1' was passed by 'day2'");

  EXPECT_FALSE(Load("b", "day1"));
  EXPECT_THAT(Message("b", 2),
              HasSubstr("cannot go live as a whole any more: view 'a' has "
                        "passed it"));
  EXPECT_FALSE(kit_.view("b").Find(2)->waits_for_group);
  EXPECT_EQ(Serves(), "2 1");
}

TEST_F(SnapshotGroupsTest, ARunThatIsOlderInOneViewServesInNone) {
  Load("a", "day2", 20);
  Load("b", "day2", 20);
  Load("a", "day1", 30);
  EXPECT_FALSE(Load("b", "day1", 10));
  EXPECT_EQ(Serves(), "1 1");
  for (const std::string view : {"a", "b"}) {
    EXPECT_THAT(Message(view, 2),
                HasSubstr("view 'b' has an as_of in version 2 that is older"));
    EXPECT_THAT(Message(view, 2),
                HasSubstr("freshet activate-group daily day1"));
    EXPECT_FALSE(kit_.view(view).Find(2)->waits_for_group);
  }

  const auto versions = groups().Activate("daily", "day1", "ada", nullptr);
  ASSERT_TRUE(versions.ok()) << versions.status();
  EXPECT_EQ(Serves(), "2 2");
}

TEST_F(SnapshotGroupsTest, AViewThatIsLoadedAgainReplacesItsPartOfTheRun) {
  Load("a", "day1");
  Load("b", "day1");
  EXPECT_TRUE(Load("b", "day1"));
  EXPECT_EQ(Serves(), "1 2");
}

TEST_F(SnapshotGroupsTest, RollbackTakesAllViewsToTheRunBefore) {
  for (const std::string run : {"day1", "day2", "day3"}) {
    Load("a", run);
    Load("b", run);
  }
  kit_.clock.Advance(kSecondMicros);
  ASSERT_TRUE(groups().Rollback("daily", "ada").ok());
  EXPECT_EQ(Serves(), "2 2");
  EXPECT_EQ(kit_.view("b").activations.back().why, "rollback");
  // After a rollback: the one rolled back from.
  kit_.clock.Advance(kSecondMicros);
  ASSERT_TRUE(groups().Rollback("daily", "ada").ok());
  EXPECT_EQ(Serves(), "3 3");
}

TEST_F(SnapshotGroupsTest, RollbackPassesARunThatIsNotWholeAnyMore) {
  for (const std::string run : {"day1", "day2", "day3"}) {
    Load("a", run);
    Load("b", run);
  }
  ASSERT_TRUE(kit_.parts->actions.Delete("b", 2).ok());
  ASSERT_TRUE(groups().Rollback("daily", "ada").ok());
  EXPECT_EQ(Serves(), "1 1");
}

TEST_F(SnapshotGroupsTest, WhatThereIsNotIsNamed) {
  Load("a", "day1");
  const auto text = [&](const std::string& group, const std::string& run) {
    return groups().Activate(group, run, "ada", nullptr).status().ToString();
  };
  EXPECT_EQ(text("weekly", "day1"),
            "NOT_FOUND: no view has the snapshot group 'weekly'; there is: "
            "'daily'");
  EXPECT_EQ(text("daily", ""),
            "INVALID_ARGUMENT: which run of snapshot group 'daily'? There is: "
            "'day1'");
  EXPECT_EQ(text("daily", "day9"),
            "NOT_FOUND: snapshot group 'daily' has no run 'day9' that can "
            "serve; there is: 'day1'");
  EXPECT_EQ(text("daily", "day1"),
            "FAILED_PRECONDITION: run 'day1' of snapshot group 'daily' is not "
            "whole: view 'b' has none of it");
  EXPECT_EQ(groups().Rollback("daily", "ada").status().ToString(),
            "FAILED_PRECONDITION: snapshot group 'daily' has no earlier run to "
            "roll back to; there is: 'day1'");
}

TEST_F(SnapshotGroupsTest, ActivatingOneByHandServesItAlone) {
  Load("a", "day1");
  ASSERT_TRUE(kit_.parts->actions.Activate("a", 1, "ada").ok());
  EXPECT_EQ(Serves(), "1 no version");
  EXPECT_TRUE(Load("b", "day1"));
  EXPECT_EQ(Serves(), "1 1");
}

TEST_F(SnapshotGroupsTest, AGroupThatLosesTheViewItWaitsForGoesLive) {
  Load("a", "day1");
  kit_.Apply(Yaml(
      {ViewYaml("a", "daily"), ViewYaml("b", "other"), ViewYaml("alone", "")}));
  EXPECT_EQ(Serves(), "1 no version");
  EXPECT_EQ(kit_.view("a").activations.back().why, "apply");
}

TEST_F(SnapshotGroupsTest, AViewThatLeavesItsGroupWaitsForNone) {
  Load("a", "day1");
  kit_.Apply(
      Yaml({ViewYaml("a", ""), ViewYaml("b", "daily"), ViewYaml("alone", "")}));
  EXPECT_EQ(Serves(), "1 no version");
}

TEST_F(SnapshotGroupsTest, DamageOfOneKeepsTheRunFromGoingLive) {
  Load("a", "day1");
  Load("b", "day1");
  Load("a", "day2");
  TruncateFile(FirstTable(VersionDir(kit_.dir(), "a", 2)), 100);
  const CommitRequest request = Request("b", "day2");
  const Catalog::StatePtr state = kit_.parts->catalog->state();
  CatalogState next = *state;
  ASSERT_TRUE(RecordVersion(request, next).ok());
  ASSERT_TRUE(
      kit_.parts->publisher.PrepareNext(*state, next, "b", [] { return true; })
          .ok());
  EXPECT_EQ(kit_.view("a").Find(2)->phase, Phase::kCorrupt);

  EXPECT_FALSE(Commit(request));
  EXPECT_EQ(Serves(), "1 1");
  EXPECT_THAT(Message("b", 2), HasSubstr("view 'a': version 2 is corrupt"));
}

TEST_F(SnapshotGroupsTest, WhatWaitsIsWhatTheNextUpsertIsLaidOver) {
  Load("a", "day1");
  EXPECT_EQ(kit_.view("a").NextBase(), 1);
  Load("b", "day1");
  Load("a", "day2");
  EXPECT_EQ(kit_.view("a").NextBase(), 2);  // All there is, soon.
}

TEST_F(SnapshotGroupsTest, WhatWasLoadedToBeKeptIsOfNoRun) {
  Load("a", "day1");
  CommitRequest kept = Request("a", "day1");
  kept.activate = false;
  EXPECT_FALSE(Commit(kept));
  EXPECT_TRUE(kit_.view("a").Find(1)->waits_for_group);
  EXPECT_TRUE(Load("b", "day1"));
  EXPECT_EQ(Serves(), "1 1");
}

TEST_F(SnapshotGroupsTest, AViewThatIsFarAheadKeepsWhatWaits) {
  for (int day = 1; day <= 5; ++day) Load("a", fmt::format("day{}", day));
  ASSERT_TRUE(kit_.parts->actions.ApplyRetention("a").ok());
  EXPECT_TRUE(Load("b", "day1"));
  EXPECT_EQ(Serves(), "1 1");
}

TEST_F(SnapshotGroupsTest, ADamagedVersionDoesNotMakeLiveWhatWaits) {
  Load("a", "day1");
  Load("b", "day1");
  Load("a", "day2");
  kit_.clock.Advance(kSecondMicros);
  ASSERT_TRUE(kit_.parts->catalog
                  ->Commit([&](CatalogState& state) {
                    state.views.at("a").MarkCorrupt(1, "bad",
                                                    kit_.clock.NowMicros());
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_EQ(kit_.view("a").current, 0);
  EXPECT_TRUE(kit_.view("a").Find(2)->waits_for_group);
}

// A view of upserts, by numbers alone: 2 over 1, 3 over 2.
class WaitingUpsertTest : public ::testing::Test {
 protected:
  WaitingUpsertTest() {
    for (const int64_t id : {1, 2, 3}) {
      VersionRecord& version = view_.versions[id];
      version.manifest.version = id;
      version.manifest.base = id - 1;
    }
    view_.current = 2;
    view_.versions[3].waits_for_group = true;
  }
  bool WaitsAfter(int64_t version) {
    view_.Activate({.version = version, .at_micros = 1, .why = "", .who = ""});
    return view_.versions[3].waits_for_group;
  }

  ViewRecord view_;
};

TEST_F(WaitingUpsertTest, WaitsWhileWhatItIsLaidOverServes) {
  EXPECT_TRUE(WaitsAfter(2));
}

TEST_F(WaitingUpsertTest, WaitsNoMoreOverWhatWasRolledBack) {
  EXPECT_FALSE(WaitsAfter(1));
  EXPECT_NE(view_.versions[3].message, "");
}

TEST_F(WaitingUpsertTest, WaitsOverOneThatWaits) {
  view_.current = 1;
  view_.versions[2].waits_for_group = true;
  EXPECT_TRUE(WaitsAfter(1));
}

TEST_F(WaitingUpsertTest, WaitsNoMoreWhereAllBeganAnew) {
  view_.versions[4].manifest.version = 4;  // All there is.
  EXPECT_FALSE(WaitsAfter(4));
}

TEST_F(WaitingUpsertTest, OneWrittenTogetherWithAnotherIsOverIt) {
  view_.versions[3].manifest.base = 0;
  view_.versions[3].merged_over = 2;
  EXPECT_TRUE(WaitsAfter(2));
  view_.versions[3].merged_over = 7;
  EXPECT_FALSE(WaitsAfter(2));
}

}  // namespace
}  // namespace freshet
