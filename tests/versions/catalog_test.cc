// SPDX-License-Identifier: Apache-2.0
#include "versions/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/failpoint.h"
#include "base/file.h"
#include "storage/framed_file.h"
#include "tests/fakes/temp_dir.h"

namespace freshet {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<Catalog> OpenIn(const TempDir& dir) {
  auto catalog = Catalog::Open(dir.path());
  EXPECT_TRUE(catalog.ok()) << catalog.status();
  return *std::move(catalog);
}

absl::Status SetAuthor(Catalog& catalog, const std::string& author) {
  return catalog.Commit([&](CatalogState& state) {
    state.definitions.author = author;
    return absl::OkStatus();
  });
}

std::string AuthorOf(const Catalog& catalog) {
  return catalog.state()->definitions.author;
}

class CatalogTest : public ::testing::Test {
 protected:
  ~CatalogTest() override { EXPECT_TRUE(ArmFailpoints("").ok()); }

  TempDir dir_;
};

TEST_F(CatalogTest, EmptyDirectoryHasNone) {
  const auto catalog = OpenIn(dir_);

  EXPECT_FALSE(catalog->found());
  EXPECT_EQ(catalog->note(), "");
  EXPECT_EQ(catalog->state()->sequence, 0);
}

TEST_F(CatalogTest, CommitSurvivesReopening) {
  ASSERT_TRUE(SetAuthor(*OpenIn(dir_), "ada").ok());

  const auto catalog = OpenIn(dir_);

  EXPECT_TRUE(catalog->found());
  EXPECT_EQ(AuthorOf(*catalog), "ada");
  EXPECT_EQ(catalog->state()->sequence, 1);
}

TEST_F(CatalogTest, ReaderKeepsTheStateItTook) {
  const auto catalog = OpenIn(dir_);
  ASSERT_TRUE(SetAuthor(*catalog, "ada").ok());
  const Catalog::StatePtr held = catalog->state();

  ASSERT_TRUE(SetAuthor(*catalog, "bob").ok());

  EXPECT_EQ(held->definitions.author, "ada");
  EXPECT_EQ(AuthorOf(*catalog), "bob");
}

TEST_F(CatalogTest, NewestOfTwoCopiesCounts) {
  const auto writer = OpenIn(dir_);
  for (const char* author : {"ada", "bob", "eve"}) {
    ASSERT_TRUE(SetAuthor(*writer, author).ok());
    EXPECT_EQ(AuthorOf(*OpenIn(dir_)), author);
  }
  EXPECT_TRUE(PathExists(dir_.File("catalog.a")));
  EXPECT_TRUE(PathExists(dir_.File("catalog.b")));
}

TEST_F(CatalogTest, NewestCopyCutAnywhereGivesTheOneBefore) {
  const auto writer = OpenIn(dir_);
  ASSERT_TRUE(SetAuthor(*writer, "ada").ok());
  ASSERT_TRUE(SetAuthor(*writer, "bob").ok());
  const std::string whole = *ReadFile(dir_.File("catalog.b"));

  for (size_t bytes = 0; bytes < whole.size(); ++bytes) {
    ASSERT_TRUE(
        WriteFileSynced(dir_.File("catalog.b"), whole.substr(0, bytes)).ok());
    const auto catalog = OpenIn(dir_);
    ASSERT_TRUE(catalog->found());
    ASSERT_EQ(AuthorOf(*catalog), "ada") << bytes;
    ASSERT_THAT(catalog->note(), HasSubstr("catalog.b' is not whole"));
  }
}

TEST_F(CatalogTest, NewestCopyWithABitFlippedAnywhereGivesTheOneBefore) {
  const auto writer = OpenIn(dir_);
  ASSERT_TRUE(SetAuthor(*writer, "ada").ok());
  ASSERT_TRUE(SetAuthor(*writer, "bob").ok());
  const std::string whole = *ReadFile(dir_.File("catalog.b"));

  for (size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ (1 << (i % 8)));
    ASSERT_TRUE(WriteFileSynced(dir_.File("catalog.b"), damaged).ok());
    ASSERT_EQ(AuthorOf(*OpenIn(dir_)), "ada") << i;
  }
}

TEST_F(CatalogTest, MissingCopyIsSaid) {
  const auto writer = OpenIn(dir_);
  ASSERT_TRUE(SetAuthor(*writer, "ada").ok());
  EXPECT_EQ(OpenIn(dir_)->note(), "");  // There was never another.
  ASSERT_TRUE(SetAuthor(*writer, "bob").ok());
  ASSERT_TRUE(SetAuthor(*writer, "eve").ok());
  EXPECT_EQ(OpenIn(dir_)->note(), "");

  std::filesystem::remove(dir_.File("catalog.a"));
  const auto catalog = OpenIn(dir_);

  EXPECT_EQ(AuthorOf(*catalog), "bob");
  EXPECT_THAT(catalog->note(), HasSubstr("catalog.a' is missing"));
  EXPECT_THAT(catalog->note(), HasSubstr("catalog.b' counts, of commit 2"));
}

TEST_F(CatalogTest, CommitGoesOverTheDamagedCopy) {
  const auto writer = OpenIn(dir_);
  ASSERT_TRUE(SetAuthor(*writer, "ada").ok());
  ASSERT_TRUE(SetAuthor(*writer, "bob").ok());
  ASSERT_TRUE(WriteFileSynced(dir_.File("catalog.b"), "junk").ok());

  ASSERT_TRUE(SetAuthor(*OpenIn(dir_), "eve").ok());

  const auto catalog = OpenIn(dir_);
  EXPECT_EQ(AuthorOf(*catalog), "eve");
  EXPECT_EQ(catalog->note(), "");
}

TEST_F(CatalogTest, TwoDamagedCopiesAreAsIfMissing) {
  ASSERT_TRUE(WriteFileSynced(dir_.File("catalog.a"), "junk").ok());
  ASSERT_TRUE(WriteFileSynced(dir_.File("catalog.b"), "").ok());

  const auto catalog = OpenIn(dir_);

  EXPECT_FALSE(catalog->found());
  EXPECT_THAT(catalog->note(), HasSubstr("catalog.a"));
  EXPECT_THAT(catalog->note(), HasSubstr("catalog.b"));
}

TEST_F(CatalogTest, WholeCopyThatIsNotUnderstoodIsRefusedByName) {
  ASSERT_TRUE(SetAuthor(*OpenIn(dir_), "ada").ok());
  ASSERT_TRUE(
      WriteFileSynced(dir_.File("catalog.b"),
                      Frame(kCatalogMagic, kCatalogFormat, "{\"sequence\":9}"))
          .ok());

  const auto catalog = Catalog::Open(dir_.path());

  EXPECT_EQ(catalog.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(catalog.status().message()),
              ::testing::AllOf(HasSubstr("catalog.b"), HasSubstr("it is whole"),
                               HasSubstr("field 'definitions'")));
}

TEST_F(CatalogTest, ListenerSeesEachCommitAndNothingElse) {
  const auto catalog = OpenIn(dir_);
  std::vector<std::string> seen;
  catalog->SetListener([&](const CatalogState& before,
                           const CatalogState& after) {
    seen.push_back(before.definitions.author + ">" + after.definitions.author);
  });
  ASSERT_TRUE(SetAuthor(*catalog, "ada").ok());
  ASSERT_TRUE(SetAuthor(*catalog, "bob").ok());
  EXPECT_FALSE(catalog
                   ->Commit([](CatalogState&) -> absl::Status {
                     return absl::AbortedError("no");
                   })
                   .ok());
  EXPECT_THAT(seen, ::testing::ElementsAre(">ada", "ada>bob"));
}

TEST_F(CatalogTest, NewerFormatIsRefusedByName) {
  ASSERT_TRUE(SetAuthor(*OpenIn(dir_), "ada").ok());
  ASSERT_TRUE(WriteFileSynced(dir_.File("catalog.b"),
                              Frame(kCatalogMagic, kCatalogFormat + 1, "{}"))
                  .ok());

  const auto catalog = Catalog::Open(dir_.path());

  EXPECT_EQ(catalog.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(catalog.status().message()),
              ::testing::AllOf(HasSubstr("catalog.b"), HasSubstr("format 4")));
}

TEST_F(CatalogTest, CatalogOfFormat1IsRead) {
  const auto catalog =
      Catalog::Open(std::string(FIXTURES_DIR) + "/catalog-format-1");
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  ASSERT_TRUE((*catalog)->found()) << (*catalog)->note();
  const Catalog::StatePtr state = (*catalog)->state();
  EXPECT_EQ(state->definitions.author, "ada");
  EXPECT_EQ(state->ended_loads.at(0).outcome, "failed");
  EXPECT_EQ(state->ended_loads.at(0).rows, 0);
  EXPECT_EQ(state->ended_loads.at(0).bytes, 0);
  const ViewRecord& view = state->views.at("user");
  EXPECT_EQ(view.current, 1);
  EXPECT_EQ(view.labels.at("canary"), 1);
  EXPECT_EQ(view.activations.at(0).who, "ada");
  EXPECT_EQ(view.versions.size(), 3u);
  EXPECT_TRUE(view.versions.at(2).pinned);
  EXPECT_EQ(view.versions.at(3).phase, VersionRecord::Phase::kCorrupt);
  EXPECT_EQ(view.versions.at(1).manifest.files.at(0).bytes, 10);
}

TEST_F(CatalogTest, ErrorOfTheChangeChangesNothing) {
  const auto catalog = OpenIn(dir_);
  ASSERT_TRUE(SetAuthor(*catalog, "ada").ok());

  const absl::Status refused = catalog->Commit([](CatalogState& state) {
    state.definitions.author = "eve";
    return absl::NotFoundError("no");
  });

  EXPECT_EQ(refused.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(AuthorOf(*catalog), "ada");
  EXPECT_EQ(AuthorOf(*OpenIn(dir_)), "ada");
}

TEST_F(CatalogTest, CopyThatCouldNotBeWrittenIsWrittenByTheNextCommit) {
  const auto catalog = OpenIn(dir_);
  ASSERT_TRUE(SetAuthor(*catalog, "ada").ok());
  ASSERT_TRUE(ArmFailpoints("catalog.before_write=1*error").ok());

  EXPECT_FALSE(SetAuthor(*catalog, "bob").ok());
  EXPECT_EQ(AuthorOf(*catalog), "ada");

  ASSERT_TRUE(SetAuthor(*catalog, "eve").ok());
  EXPECT_EQ(AuthorOf(*OpenIn(dir_)), "eve");
}

TEST_F(CatalogTest, NothingIsCommittedAfterAFailedSync) {
  const auto catalog = OpenIn(dir_);
  ASSERT_TRUE(SetAuthor(*catalog, "ada").ok());
  ASSERT_TRUE(ArmFailpoints("catalog.before_sync=1*error").ok());
  EXPECT_FALSE(SetAuthor(*catalog, "bob").ok());

  const absl::Status later = SetAuthor(*catalog, "eve");

  EXPECT_EQ(later.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(later.message()), HasSubstr("restart freshetd"));
  EXPECT_EQ(AuthorOf(*catalog), "ada");
}

TEST_F(CatalogTest, WhatWasSyncedIsThereAfterACrash) {
  const auto catalog = OpenIn(dir_);
  ASSERT_TRUE(ArmFailpoints("catalog.after_sync=1*error").ok());
  EXPECT_FALSE(SetAuthor(*catalog, "ada").ok());

  EXPECT_EQ(AuthorOf(*OpenIn(dir_)), "ada");
}

}  // namespace
}  // namespace freshet
