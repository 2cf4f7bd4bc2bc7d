// SPDX-License-Identifier: Apache-2.0
#include "versions/rules/catalog_changes.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freshet {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// View `user` with versions 1 to 3, each activated in turn.
CatalogState State() {
  CatalogState state;
  ViewRecord& view = state.views["user"];
  view.view = "user";
  for (int64_t id = 1; id <= 3; ++id) {
    view.versions[id].manifest.version = id;
    view.Activate({id, id, "load", "ada"});
  }
  return state;
}

std::vector<std::string> Changes(const CatalogState& after) {
  std::vector<std::string> out;
  for (const CatalogChange& change : ChangesOf(State(), after)) {
    out.push_back(
        fmt::format("{}{}", change.trouble ? "! " : "", change.sentence));
  }
  return out;
}

TEST(CatalogChangesTest, WhatWasAskedForIsNotSaidAgain) {
  CatalogState after = State();
  after.views.at("user").versions[4].manifest.version = 4;
  after.views.at("user").Activate({4, 9, "load", "ada"});
  after.views.at("user").Activate({3, 10, "rollback", "ada"});
  after.views.at("user").labels["canary"] = 4;
  EXPECT_THAT(Changes(after), IsEmpty());
}

TEST(CatalogChangesTest, DeletionsAreNamed) {
  CatalogState after = State();
  after.views.at("user").versions.erase(1);
  EXPECT_THAT(Changes(after), ElementsAre("view 'user': version 1 is deleted"));
}

TEST(CatalogChangesTest, DamageAndWhatTakesItsPlaceAreTrouble) {
  CatalogState after = State();
  after.views.at("user").MarkCorrupt(3, "bad block", 9);
  EXPECT_THAT(Changes(after),
              ElementsAre("! view 'user': version 3 is corrupt: bad block",
                          "! view 'user': falls back to version 2"));
}

TEST(CatalogChangesTest, ViewThatCanServeNoLongerIsTrouble) {
  CatalogState after = State();
  ViewRecord& view = after.views.at("user");
  for (int64_t id = 1; id <= 3; ++id) view.MarkCorrupt(id, "bad", 9);
  EXPECT_EQ(Changes(after).back(),
            "! view 'user': no version is left that can serve");
}

}  // namespace
}  // namespace freshet
