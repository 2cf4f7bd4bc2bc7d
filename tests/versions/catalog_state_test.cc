// SPDX-License-Identifier: Apache-2.0
#include "versions/catalog_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/framed_file.h"

namespace freshet {
namespace {

using ::testing::HasSubstr;
using Phase = VersionRecord::Phase;

RowSchema Schema(uint32_t id, const std::string& key = "id") {
  return RowSchema(id, {{key, {.kind = Kind::kString}}},
                   {{1, "number", {.kind = Kind::kInt64}}});
}

// A view with versions 1 to `versions`, each activated in turn.
ViewRecord View(int64_t versions) {
  ViewRecord view;
  view.view = "user";
  view.schema = Schema(1);
  view.next_feature_id = 2;
  view.next_version = versions + 1;
  for (int64_t id = 1; id <= versions; ++id) {
    VersionRecord record;
    record.manifest.view = "user";
    record.manifest.version = id;
    record.manifest.schema = Schema(1);
    record.committed_micros = id * 10;
    view.versions.emplace(id, record);
    view.Activate({id, id * 10, "load", "ada"});
  }
  return view;
}

CatalogState State(ViewRecord view) {
  CatalogState state;
  state.sequence = 7;
  state.views.emplace(view.view, std::move(view));
  return state;
}

TEST(CatalogStateTest, EverythingSurvivesTheRoundTrip) {
  ViewRecord view = View(2);
  view.generation = 3;
  view.removed = true;
  view.labels["canary"] = 1;
  view.versions.at(1).pinned = true;
  view.versions.at(1).phase = Phase::kPendingApproval;
  view.versions.at(1).message = "too \"few\" rows\n";
  view.versions.at(1).waits_for_base = true;
  view.versions.at(1).merged_over = 2;
  view.versions.at(2).recount = true;
  view.loaded_until = "/users/ds=2";
  view.forgotten.push_back({.entity = "user",
                            .key = {{"id"}, 0xfedcba9876543210, 2},
                            .at_micros = 30,
                            .who = "ada",
                            .clean = {1}});
  view.versions.at(2).manifest.rows = int64_t{1} << 60;
  view.versions.at(2).manifest.base = 1;
  view.versions.at(2).manifest.rows_sum = ~uint64_t{0};
  CatalogState state = State(view);
  state.definitions = {"text", ~uint64_t{0} - 1, "ada", "file.yaml", 5, 6};
  state.ended_loads.push_back(
      {"id", "user", "path", "key", 2, "failed", 9, "why", 12, 13, 10, 11});

  const auto read = ParseCatalog(SerializeCatalog(state));

  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(SerializeCatalog(*read), SerializeCatalog(state));
  const ViewRecord& user = read->views.at("user");
  EXPECT_EQ(user.generation, 3);
  EXPECT_TRUE(user.removed);
  EXPECT_EQ(user.current, 2);
  EXPECT_EQ(user.labels, view.labels);
  EXPECT_EQ(user.activations.size(), 2u);
  EXPECT_EQ(user.activations[1].who, "ada");
  EXPECT_EQ(user.versions.at(1).phase, Phase::kPendingApproval);
  EXPECT_EQ(user.versions.at(1).message, "too \"few\" rows\n");
  EXPECT_TRUE(user.versions.at(1).pinned);
  EXPECT_TRUE(user.versions.at(1).waits_for_base);
  EXPECT_EQ(user.versions.at(1).merged_over, 2);
  EXPECT_TRUE(user.versions.at(2).recount);
  ASSERT_EQ(user.forgotten.size(), 1U);
  EXPECT_EQ(user.forgotten[0].entity, "user");
  EXPECT_EQ(user.forgotten[0].key, view.forgotten[0].key);
  EXPECT_EQ(user.forgotten[0].at_micros, 30);
  EXPECT_EQ(user.forgotten[0].who, "ada");
  EXPECT_EQ(user.forgotten[0].clean, (std::set<int64_t>{1}));
  EXPECT_EQ(user.loaded_until, "/users/ds=2");
  EXPECT_EQ(user.versions.at(2).manifest, view.versions.at(2).manifest);
  EXPECT_EQ(read->definitions.hash, ~uint64_t{0} - 1);
  EXPECT_EQ(read->definitions.file_hash, 6u);
  EXPECT_EQ(read->ended_loads[0].code, 9);
  EXPECT_EQ(read->ended_loads[0].ended_micros, 11);
}

TEST(CatalogStateTest, AVersionServesWithAllThatItIsLaidOver) {
  ViewRecord view = View(4);
  view.versions.at(2).manifest.base = 1;
  view.versions.at(4).manifest.base = 2;
  const VersionRecord& top = view.versions.at(4);
  EXPECT_EQ(view.Chain(top).size(), 3u);
  EXPECT_TRUE(view.CanServe(top));
  EXPECT_TRUE(view.IsBase(1));
  EXPECT_FALSE(view.IsBase(3));
  EXPECT_EQ(view.NextBase(), 4);

  view.versions.at(1).phase = Phase::kPendingApproval;
  EXPECT_FALSE(view.CanServe(top));
  view.versions.erase(1);
  EXPECT_EQ(view.Chain(top).size(), 2u);
  EXPECT_FALSE(view.CanServe(top));
  EXPECT_EQ(view.NextBase(), 0);
}

TEST(CatalogStateTest, TheNextUpsertIsLaidOverWhatWaits) {
  ViewRecord view = View(3);
  view.Activate({1, 40, "rollback", "ada"});
  view.versions.at(2).manifest.base = 1;
  EXPECT_EQ(view.NextBase(), 1);

  view.versions.at(2).phase = Phase::kPendingApproval;
  view.versions.at(3).manifest.base = 2;
  view.versions.at(3).phase = Phase::kPendingApproval;
  EXPECT_EQ(view.NextBase(), 3);
}

TEST(CatalogStateTest, WhileNothingServesItIsLaidOverTheNewestThatWaits) {
  ViewRecord view = View(3);
  view.current = 0;
  view.versions.at(1).phase = Phase::kPendingApproval;
  view.versions.at(2).phase = Phase::kPendingApproval;
  EXPECT_EQ(view.NextBase(), 2);

  view.versions.at(3).phase = Phase::kPendingApproval;
  view.versions.at(3).manifest.base = 2;
  EXPECT_EQ(view.NextBase(), 3);
}

TEST(CatalogStateTest, DirectoriesGoOnAfterTheLastByName) {
  ViewRecord view = View(3);
  view.versions.at(1).manifest.source = "/users/ds=1";
  view.versions.at(2).manifest.source = "/users/ds=3/part-0";
  view.versions.at(3).manifest.source = "/elsewhere/ds=9";
  EXPECT_EQ(view.LoadedUntil("/users"), "ds=1");

  view.loaded_until = "/users/ds=2";
  EXPECT_EQ(view.LoadedUntil("/users"), "ds=2");
  EXPECT_EQ(view.LoadedUntil("/user"), "");
  EXPECT_EQ(view.LoadedUntil("/elsewhere"), "ds=9");

  for (auto& [id, version] : view.versions) version.phase = Phase::kCorrupt;
  EXPECT_EQ(view.LoadedUntil("/users"), "");
}

TEST(CatalogStateTest, DamageBeneathTheCurrentOneMakesItFallBack) {
  ViewRecord view = View(3);
  view.versions.at(3).manifest.base = 2;

  view.MarkCorrupt(2, "damaged", 50);

  EXPECT_EQ(view.current, 1);
  EXPECT_EQ(view.activations.back().why, "fallback");
}

TEST(CatalogStateTest, OnlyTheNewestEndedLoadsAreKept) {
  CatalogState state = State(View(0));
  for (int i = 0; i < 1005; ++i) {
    EndedLoad load;
    load.id = std::to_string(i);
    state.ended_loads.push_back(load);
  }

  const auto read = ParseCatalog(SerializeCatalog(state));

  ASSERT_TRUE(read.ok());
  ASSERT_EQ(read->ended_loads.size(), 1000u);
  EXPECT_EQ(read->ended_loads.front().id, "5");
  EXPECT_EQ(read->ended_loads.back().id, "1004");
}

std::string ErrorOf(ViewRecord view) {
  const auto read = ParseCatalog(SerializeCatalog(State(std::move(view))));
  EXPECT_EQ(read.status().code(), absl::StatusCode::kFailedPrecondition);
  return std::string(read.status().message());
}

TEST(CatalogStateTest, CurrentThatIsNoVersionIsRefused) {
  ViewRecord view = View(2);
  view.versions.erase(2);
  EXPECT_THAT(ErrorOf(view), HasSubstr("current is 2"));
}

TEST(CatalogStateTest, VersionOverALaterOneIsRefused) {
  ViewRecord view = View(2);
  view.versions.at(1).manifest.base = 2;
  EXPECT_THAT(ErrorOf(view), HasSubstr("laid over version 2"));
}

TEST(CatalogStateTest, LayersAreOfTheSecondFormat) {
  ViewRecord view = View(2);
  EXPECT_THAT(SerializeCatalog(State(view)),
              ::testing::StartsWith("freshet-catalog 1 "));
  view.versions.at(2).manifest.base = 1;
  EXPECT_THAT(SerializeCatalog(State(view)),
              ::testing::StartsWith("freshet-catalog 2 "));
}

// An older release would answer with it.
TEST(CatalogStateTest, WhatWasForgottenIsOfTheThirdFormat) {
  ViewRecord view = View(2);
  view.forgotten.push_back({"user", {{"id"}, 1, 2}, 3, "ada", {}});
  EXPECT_THAT(SerializeCatalog(State(view)),
              ::testing::StartsWith("freshet-catalog 3 "));
  view.forgotten.clear();
  view.versions.at(2).recount = true;
  EXPECT_THAT(SerializeCatalog(State(view)),
              ::testing::StartsWith("freshet-catalog 3 "));
}

TEST(CatalogStateTest, WhatWasForgottenMustBeWhole) {
  ViewRecord view = View(1);
  view.forgotten.push_back({"user", {{"id"}, 1, 2}, 3, "ada", {}});
  const std::string whole = SerializeCatalog(State(view));
  const std::string body = whole.substr(whole.find('\n') + 1);
  for (const char* field :
       {"\"entity\":\"user\"", "\"hash\":\"0000000000000001\"", "\"clean\":[]",
        "\"until_version\":2"}) {
    std::string damaged = body;
    ASSERT_NE(damaged.find(field), std::string::npos) << field;
    damaged.replace(damaged.find(field), std::string(field).size(), "\"x\":0");
    const auto read =
        ParseCatalog(Frame(kCatalogMagic, kCatalogFormat, damaged));
    EXPECT_EQ(read.status().code(), absl::StatusCode::kFailedPrecondition)
        << field;
  }
}

TEST(CatalogStateTest, LabelOnNoVersionIsRefused) {
  ViewRecord view = View(2);
  view.labels["canary"] = 9;
  EXPECT_THAT(ErrorOf(view), HasSubstr("label 'canary' is on 9"));
}

TEST(CatalogStateTest, VersionThatWasNeverGivenOutIsRefused) {
  ViewRecord view = View(2);
  view.next_version = 2;
  EXPECT_THAT(ErrorOf(view), HasSubstr("has version 2"));
}

TEST(CatalogStateTest, BodyThatIsNoCatalogIsRefused) {
  for (const char* body : {"", "[]", "{}", "{\"sequence\": 1}", "nul"}) {
    const auto read = ParseCatalog(Frame(kCatalogMagic, kCatalogFormat, body));
    EXPECT_EQ(read.status().code(), absl::StatusCode::kFailedPrecondition)
        << body;
  }
}

TEST(ViewRecordTest, PreviousIsTheOneBeforeTheLastActivation) {
  EXPECT_EQ(View(3).Previous(), 2);
  EXPECT_EQ(View(1).Previous(), 0);
  EXPECT_EQ(View(0).Previous(), 0);
}

TEST(ViewRecordTest, PreviousAfterARollbackIsTheOneRolledBackFrom) {
  ViewRecord view = View(3);
  view.Activate({2, 100, "rollback", "ada"});
  EXPECT_EQ(view.Previous(), 3);
}

TEST(ViewRecordTest, PreviousSkipsWhatCannotServe) {
  ViewRecord view = View(4);
  view.versions.erase(3);
  view.versions.at(2).phase = Phase::kCorrupt;
  EXPECT_EQ(view.Previous(), 1);
}

TEST(ViewRecordTest, VersionOfAnotherKeyCannotServe) {
  ViewRecord view = View(1);
  EXPECT_TRUE(view.CanServe(view.versions.at(1)));
  view.schema = Schema(2, "email");
  EXPECT_FALSE(view.CanServe(view.versions.at(1)));
}

TEST(ViewRecordTest, Rule8LiveRowsAreNeededByTheOldestFullSnapshot) {
  ViewRecord view = View(4);
  EXPECT_EQ(WholeUntilMicros(View(0)), std::nullopt);
  const auto manifest = [&](int64_t id) -> Manifest& {
    return view.versions.at(id).manifest;
  };
  manifest(1).as_of_micros = 100;
  manifest(2).as_of_micros = 70;
  manifest(2).base = 1;  // An upsert: as whole as the first.
  manifest(3).as_of_micros = 130;
  manifest(3).whole_as_of_micros = 110;  // Folded.
  manifest(4).as_of_micros = 90;
  EXPECT_EQ(WholeUntilMicros(view), 90);
  view.versions.at(4).phase = Phase::kPendingApproval;
  EXPECT_EQ(WholeUntilMicros(view), 90);
  view.versions.at(4).phase = Phase::kCorrupt;
  EXPECT_EQ(WholeUntilMicros(view), 90);
  view.Activate({3, 100, "activate", "ada"});
  EraseVersion(4, view);
  EXPECT_EQ(WholeUntilMicros(view), 100);
  EraseVersion(2, view);
  EraseVersion(1, view);
  EXPECT_EQ(WholeUntilMicros(view), 110);
  view.current = 0;  // All live rows count.
  EXPECT_EQ(WholeUntilMicros(view), std::nullopt);
  view.current = 3;
  view.rebuilt = true;
  EXPECT_EQ(WholeUntilMicros(view), std::nullopt);
}

TEST(ViewRecordTest, CurrentPinnedAndLabelledAreProtected) {
  ViewRecord view = View(4);
  view.versions.at(2).pinned = true;
  view.labels["canary"] = 3;
  EXPECT_FALSE(view.IsProtected(1));
  EXPECT_TRUE(view.IsProtected(2));
  EXPECT_TRUE(view.IsProtected(3));
  EXPECT_TRUE(view.IsProtected(4));
  EXPECT_FALSE(view.IsProtected(5));
}

TEST(ViewRecordTest, CorruptCurrentFallsBackToTheNewestThatServedBefore) {
  ViewRecord view = View(3);
  VersionRecord never = view.versions.at(3);
  never.manifest.version = 4;
  view.versions.emplace(4, never);

  view.MarkCorrupt(3, "a bit flipped", 500);

  EXPECT_EQ(view.current, 2);
  EXPECT_EQ(view.activations.back().why, "fallback");
  EXPECT_EQ(view.activations.back().at_micros, 500);
  EXPECT_EQ(view.versions.at(3).phase, Phase::kCorrupt);
  EXPECT_EQ(view.versions.at(3).message, "a bit flipped");
}

TEST(ViewRecordTest, CorruptCurrentWithoutAnotherLeavesNone) {
  ViewRecord view = View(1);
  view.MarkCorrupt(1, "gone", 500);
  EXPECT_EQ(view.current, 0);
}

TEST(ViewRecordTest, HeldVersionIsNoFallback) {
  ViewRecord view = View(2);
  view.versions.at(1).phase = Phase::kPendingApproval;
  view.MarkCorrupt(2, "gone", 500);
  EXPECT_EQ(view.current, 0);
}

TEST(ViewRecordTest, CorruptVersionThatIsNotCurrentChangesNoCurrent) {
  ViewRecord view = View(2);
  view.MarkCorrupt(1, "gone", 500);
  EXPECT_EQ(view.current, 2);
  EXPECT_EQ(view.activations.size(), 2u);
}

}  // namespace
}  // namespace freshet
