// SPDX-License-Identifier: Apache-2.0
#include "versions/upkeep/retention.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

using Ids = std::vector<int64_t>;
using Phase = VersionRecord::Phase;

// Versions 1 to `versions`, version i committed and activated at 10 * i.
ViewRecord View(int64_t versions) {
  ViewRecord view;
  view.view = "user";
  for (int64_t id = 1; id <= versions; ++id) {
    VersionRecord record;
    record.manifest.version = id;
    record.committed_micros = 10 * id;
    view.versions.emplace(id, record);
    view.Activate({id, 10 * id, "load", "ada"});
  }
  return view;
}

Ids Expired(const ViewRecord& view, int64_t versions, int64_t max_age = 0) {
  return ExpiredVersions(
      view, {.versions = versions, .max_age_micros = max_age}, 1000);
}

TEST(RetentionTest, CountIncludesTheCurrentVersion) {
  EXPECT_EQ(Expired(View(4), 2), (Ids{1, 2}));
  EXPECT_EQ(Expired(View(4), 1), (Ids{1, 2, 3}));
  EXPECT_EQ(Expired(View(4), 9), Ids{});
}

TEST(RetentionTest, ProtectedVersionsStayAndDoNotCount) {
  ViewRecord view = View(5);
  view.versions.at(1).pinned = true;
  view.labels["canary"] = 2;
  EXPECT_EQ(Expired(view, 2), Ids{3});
}

TEST(RetentionTest, WhatServedLastIsKeptRatherThanWhatWasRolledBackFrom) {
  ViewRecord view = View(3);
  view.Activate({2, 100, "rollback", "ada"});
  VersionRecord fourth;
  fourth.manifest.version = 4;
  fourth.committed_micros = 200;
  view.versions.emplace(4, fourth);
  view.Activate({4, 200, "load", "ada"});
  EXPECT_EQ(Expired(view, 2), (Ids{1, 3}));
}

TEST(RetentionTest, WhatOneThatStaysIsLaidOverStays) {
  ViewRecord view = View(6);
  view.versions.at(3).manifest.base = 1;
  view.versions.at(6).manifest.base = 3;
  EXPECT_EQ(Expired(view, 2), (Ids{2, 4}));

  CatalogState state;
  state.views.emplace("user", view);
  EXPECT_EQ(OldestVersion(state)->second, 2);
}

// Adds a version that was loaded and never served.
void AddWaiting(int64_t id, ViewRecord& view) {
  VersionRecord record;
  record.manifest.version = id;
  record.committed_micros = 10 * id;
  view.versions.emplace(id, record);
}

TEST(RetentionTest, VersionsThatNeverServedCountApart) {
  ViewRecord view = View(3);
  AddWaiting(4, view);
  EXPECT_EQ(view.Previous(), 2);
  EXPECT_EQ(Expired(view, 2), Ids{1});

  AddWaiting(5, view);
  AddWaiting(6, view);
  EXPECT_EQ(Expired(view, 2), (Ids{1, 4}));
}

TEST(RetentionTest, WithActivationsOfOneInstantTheirOrderCounts) {
  ViewRecord view = View(3);
  for (Activation& activation : view.activations) activation.at_micros = 5;
  for (auto& [id, record] : view.versions) record.committed_micros = 5;
  view.Activate({1, 5, "activate", "ada"});
  EXPECT_EQ(view.Previous(), 3);
  EXPECT_EQ(Expired(view, 2), Ids{2});
}

TEST(RetentionTest, OldVersionsGoByAgeButNotTheCurrentOne) {
  EXPECT_EQ(Expired(View(3), 9, 980), Ids{1});
  EXPECT_EQ(Expired(View(3), 9, 981), Ids{1});
  EXPECT_EQ(Expired(View(3), 9, 990), Ids{});
  EXPECT_EQ(Expired(View(3), 9, 1), (Ids{1, 2}));
}

TEST(RetentionTest, HeldAndCorruptVersionsCountApart) {
  ViewRecord view = View(6);
  view.versions.at(1).phase = Phase::kPendingApproval;
  view.versions.at(2).phase = Phase::kCorrupt;
  view.versions.at(3).phase = Phase::kPendingApproval;
  EXPECT_EQ(Expired(view, 2), (Ids{1, 4}));
}

TEST(RetentionTest, RebuiltViewLosesNothingBeforeItsNextActivation) {
  ViewRecord view = View(4);
  view.rebuilt = true;
  EXPECT_EQ(Expired(view, 2), Ids{});
  view.Activate({3, 60, "activate", "ada"});
  EXPECT_EQ(Expired(view, 2), (Ids{1, 2}));
}

TEST(RetentionTest, RemovedViewKeepsNone) {
  ViewRecord view = View(2);
  view.removed = true;
  view.current = 0;
  EXPECT_EQ(Expired(view, 9), (Ids{1, 2}));
}

CatalogState StateOf(
    const std::vector<std::pair<std::string, ViewRecord>>& views) {
  CatalogState state;
  for (const auto& [name, view] : views) state.views.emplace(name, view);
  return state;
}

TEST(OldestVersionTest, OldestOfAllViewsGoesFirst) {
  ViewRecord later = View(3);
  later.versions.erase(1);
  const auto state = StateOf({{"a", later}, {"b", View(2)}});
  EXPECT_EQ(OldestVersion(state), std::pair(std::string("b"), int64_t{1}));
}

TEST(OldestVersionTest, CorruptVersionGoesBeforeAnOlderWholeOne) {
  ViewRecord view = View(3);
  view.versions.at(2).phase = Phase::kCorrupt;
  EXPECT_EQ(OldestVersion(StateOf({{"a", view}}))->second, 2);
}

TEST(OldestVersionTest, VersionToRollBackToGoesLast) {
  ViewRecord view = View(2);
  AddWaiting(3, view);
  EXPECT_EQ(OldestVersion(StateOf({{"a", view}}))->second, 3);
  view.versions.erase(3);
  EXPECT_EQ(OldestVersion(StateOf({{"a", view}}))->second, 1);
}

TEST(OldestVersionTest, HeldAndProtectedVersionsStay) {
  ViewRecord view = View(4);
  view.versions.at(1).phase = Phase::kPendingApproval;
  view.versions.at(2).pinned = true;
  view.labels["canary"] = 3;
  EXPECT_FALSE(OldestVersion(StateOf({{"a", view}})).has_value());
}

}  // namespace
}  // namespace freshet
