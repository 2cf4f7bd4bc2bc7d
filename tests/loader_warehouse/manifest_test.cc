// SPDX-License-Identifier: Apache-2.0
// Snapshots whose job lists its files with sizes, sums and the number of rows.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

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

TEST_F(ManifestTest, AFileByItselfNeedsNone) {
  kit_.spec().source.path += "/a.csv";
  ASSERT_EQ(kit_.Load(), absl::OkStatus());
  EXPECT_EQ(kit_.Rows().size(), 1u);
}

TEST(ParseSnapshotManifestTest, WhatIsNoManifestIsRefusedWithTheReason) {
  const auto error = [](std::string_view text) {
    const auto manifest = ParseSnapshotManifest(text);
    EXPECT_TRUE(absl::IsInvalidArgument(manifest.status())) << text;
    return std::string(manifest.status().message());
  };
  error("");
  error("[]");
  error("{}");
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
  for (const std::string name : {"", "_a", "x/.a"}) {
    EXPECT_THAT(error(fmt::format(
                    R"({{"files": [{{"name": "{}", "bytes": 1}}]}})", name)),
                HasSubstr("not the name of a file that is read"));
  }
}

TEST(ParseSnapshotManifestTest, SumsMayBeInCapitals) {
  const auto manifest = ParseSnapshotManifest(fmt::format(
      R"({{"files": [{{"name": "a", "bytes": 1, "sha256": "{}"}}]}})",
      std::string(64, 'A')));
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(manifest->files[0].sha256, std::string(64, 'a'));
  EXPECT_FALSE(manifest->rows.has_value());
}

}  // namespace
}  // namespace freshet
