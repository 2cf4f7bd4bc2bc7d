// SPDX-License-Identifier: Apache-2.0
// Snapshots whose job lists its files with sizes, sums and the number of rows.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "loader/snapshot/local_files.h"
#include "loader/snapshot/snapshot_manifest.h"
#include "tests/loader/load_kit.h"

namespace freshet {
namespace {

using testing::HasSubstr;

// By `printf 'id,f\n1,2\n' | sha256sum`.
constexpr std::string_view kFirst = "id,f\n1,2\n";
constexpr std::string_view kFirstSha256 =
    "d7ffc62492833a4418ba4ec70cf7b07d664eed44de393d7201e4836293f0e5a7";
constexpr std::string_view kSecond = "id,f\n3,4\n5,6\n";

class ManifestTest : public testing::Test {
 protected:
  ManifestTest() : kit_({{"id", "int64"}}, {{"f", "int64"}}) {
    kit_.spec().source.timestamp_field.clear();
    kit_.spec().source.manifest = "_manifest.json";
    kit_.Write("a.csv", kFirst);
    kit_.Write("day=1/b.csv", kSecond);
  }

  void WriteManifest(const std::string& rest,
                     int64_t second_bytes = kSecond.size()) {
    kit_.Write("_manifest.json",
               fmt::format(R"({{"files": [)"
                           R"({{"name": "day=1/b.csv", "bytes": {}}}, )"
                           R"({{"name": "a.csv", "bytes": {}{}}}]{}}})",
                           second_bytes, kFirst.size(), sha256_, rest));
  }

  void ExpectRefused(absl::StatusCode code, const std::string& says) {
    const absl::Status status = kit_.Load();
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(says));
  }

  LoadKit kit_;
  std::string sha256_ = fmt::format(R"(, "sha256": "{}")", kFirstSha256);
};

TEST_F(ManifestTest, WhatItListsIsReadAndNothingElse) {
  kit_.Write("of_another_job.csv", "id,f\n7,8\n");
  WriteManifest(R"(, "rows": 3, "written_by": "nightly")");
  ASSERT_EQ(kit_.Load(), absl::OkStatus());
  EXPECT_EQ(kit_.Rows().size(), 3u);
  EXPECT_FALSE(kit_.Rows().contains("7"));
  EXPECT_EQ(kit_.manifest().source_bytes,
            static_cast<int64_t>(kFirst.size() + kSecond.size()));
}

TEST_F(ManifestTest, SumsAndRowsNeedNotBeSaid) {
  sha256_.clear();
  WriteManifest("");
  ASSERT_EQ(kit_.Load(), absl::OkStatus());
  EXPECT_EQ(kit_.Rows().size(), 3u);
}

TEST_F(ManifestTest, WithoutItNothingIsLoaded) {
  ExpectRefused(absl::StatusCode::kFailedPrecondition,
                "has no '_manifest.json'");
}

TEST_F(ManifestTest, AFileThatIsNotThereIsWaitedFor) {
  kit_.Write("_manifest.json", R"({"files": [{"name": "c.csv", "bytes": 1}]})");
  ExpectRefused(absl::StatusCode::kFailedPrecondition,
                "file 'c.csv' is not there, which '_manifest.json' lists");
}

TEST_F(ManifestTest, AFileOfAnotherSizeIsWaitedFor) {
  WriteManifest("", 100);
  ExpectRefused(absl::StatusCode::kFailedPrecondition,
                "'day=1/b.csv' has 13 bytes, '_manifest.json' says 100");
}

TEST_F(ManifestTest, AnotherFileOfTheSameSizeIsRefused) {
  kit_.Write("a.csv", "id,f\n1,9\n");
  WriteManifest("");
  ExpectRefused(absl::StatusCode::kDataLoss, "file 'a.csv': its SHA-256 is");
}

TEST_F(ManifestTest, AnotherNumberOfRowsIsRefused) {
  WriteManifest(R"(, "rows": 4)");
  ExpectRefused(absl::StatusCode::kDataLoss,
                "files hold 3 rows, its '_manifest.json' says 4");
}

TEST_F(ManifestTest, AnotherManifestIsAnotherSnapshot) {
  WriteManifest("");
  ASSERT_EQ(kit_.Load(), absl::OkStatus());
  const uint64_t before = kit_.manifest().source_sum;
  WriteManifest(R"(, "rows": 3)");
  ASSERT_EQ(kit_.Load(), absl::OkStatus());
  EXPECT_NE(kit_.manifest().source_sum, before);
}

TEST_F(ManifestTest, AFileByItselfIsRefused) {
  kit_.spec().source.path += "/a.csv";
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "is a file");
}

TEST_F(ManifestTest, WhatElseLiesThereIsNotLookedAt) {
  kit_.Write("v1.metadata.json", "{}");
  std::filesystem::create_symlink("nowhere", kit_.File("dangling.csv"));
  std::filesystem::create_symlink("/etc/passwd", kit_.File("outside.csv"));
  WriteManifest("");
  ASSERT_EQ(kit_.Load(), absl::OkStatus());
  EXPECT_EQ(kit_.Rows().size(), 3u);
}

TEST_F(ManifestTest, AListedFileOutsideTheRootsIsRefused) {
  std::filesystem::create_symlink("/etc/passwd", kit_.File("outside.csv"));
  kit_.Write("_manifest.json",
             R"({"files": [{"name": "outside.csv", "bytes": 1}]})");
  EXPECT_EQ(kit_.Load().code(), absl::StatusCode::kPermissionDenied);
}

TEST_F(ManifestTest, AFileThatIsTooLargeIsRefused) {
  WriteManifest("");
  kit_.spec().file_bytes_max = 10;
  ExpectRefused(absl::StatusCode::kInvalidArgument, "settings.load.file_max");
}

// A store's times may be whole seconds.
TEST_F(ManifestTest, OneThatIsRewrittenMeanwhileIsNoticedByItsText) {
  WriteManifest(R"(, "rows": 3)");
  const auto files = LocalFiles::Open(kit_.spec().source, kit_.spec().roots);
  ASSERT_TRUE(files.ok()) << files.status();
  ASSERT_EQ((*files)->CheckUnchanged(), absl::OkStatus());
  const auto path = kit_.File("_manifest.json");
  const auto time = std::filesystem::last_write_time(path);
  WriteManifest(R"(, "rows": 4)");
  std::filesystem::last_write_time(path, time);
  const absl::Status status = (*files)->CheckUnchanged();
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted) << status;
}

TEST(ParseSnapshotManifestTest, WhatIsNoManifestIsRefusedWithTheReason) {
  const auto error = [](std::string_view text) {
    const auto manifest = ParseSnapshotManifest("_m", text);
    EXPECT_TRUE(absl::IsInvalidArgument(manifest.status())) << text;
    return std::string(manifest.status().message());
  };
  EXPECT_THAT(error("{}"), HasSubstr("file '_m': "));
  error(R"({"files": 1})");
  error(R"({"files": [1]})");
  error(R"({"files": [{"name": "a"}]})");
  EXPECT_THAT(error(R"({"files": [{"name": "a", "bytes": -1}]})"),
              HasSubstr("'a' has -1 bytes"));
  EXPECT_THAT(error(R"({"files": [], "rows": -1})"), HasSubstr("'rows'"));
  EXPECT_THAT(
      error(R"({"files": [{"name": "a", "bytes": 1, "sha256": "xyz"}]})"),
      HasSubstr("64 hexadecimal digits"));
  EXPECT_THAT(error(R"({"files": [{"name": "a", "bytes": 1},
                                  {"name": "a", "bytes": 1}]})"),
              HasSubstr("lists 'a' twice"));
  for (const std::string name : {"./a", "/a", "x//a"}) {
    EXPECT_THAT(error(fmt::format(
                    R"({{"files": [{{"name": "{}", "bytes": 1}}]}})", name)),
                HasSubstr("relative to its directory"));
  }
  for (const std::string name : {"", "_a", "x/.a"}) {
    EXPECT_THAT(error(fmt::format(
                    R"({{"files": [{{"name": "{}", "bytes": 1}}]}})", name)),
                HasSubstr("not the name of a file that is read"));
  }
}

TEST(ParseSnapshotManifestTest, WhatIsNoJsonMayBeBeingWritten) {
  for (const std::string_view text : {"", "[]", "{", "{\"files\": ["}) {
    const auto manifest = ParseSnapshotManifest("_m", text);
    EXPECT_TRUE(absl::IsFailedPrecondition(manifest.status())) << text;
  }
}

TEST(ParseSnapshotManifestTest, NullIsNotSaid) {
  const auto manifest = ParseSnapshotManifest("_m", R"({"rows": null,
                "files": [{"name": "a", "bytes": 1, "sha256": null}]})");
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_FALSE(manifest->rows.has_value());
  EXPECT_EQ(manifest->files[0].sha256, "");
}

TEST(ParseSnapshotManifestTest, SumsMayBeInCapitals) {
  const auto manifest = ParseSnapshotManifest(
      "_m", fmt::format(
                R"({{"files": [{{"name": "a", "bytes": 1, "sha256": "{}"}}]}})",
                std::string(64, 'A')));
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(manifest->files[0].sha256, std::string(64, 'a'));
  EXPECT_FALSE(manifest->rows.has_value());
}

}  // namespace
}  // namespace freshet
