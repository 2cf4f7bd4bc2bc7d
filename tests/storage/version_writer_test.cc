// SPDX-License-Identifier: Apache-2.0
#include "storage/version_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/failpoint.h"
#include "base/file.h"
#include "features/row_codec.h"
#include "storage/file_sum.h"
#include "tests/fakes/temp_dir.h"
#include "tests/storage/build_version.h"

namespace freshet {
namespace {

using testing::HasSubstr;

class VersionWriterTest : public testing::Test {
 protected:
  std::unique_ptr<VersionWriter> Create(
      const VersionWriterOptions& options = {}) {
    EXPECT_TRUE(MakeDir(dir_).ok());
    auto writer = VersionWriter::Create(dir_, TestIdentity(), options);
    EXPECT_TRUE(writer.ok()) << writer.status();
    return writer.ok() ? *std::move(writer) : nullptr;
  }

  TempDir temp_;
  std::string dir_ = temp_.path() + "/v1.building";
};

TEST_F(VersionWriterTest, TheManifestSaysWhatWasBuilt) {
  const Manifest identity = TestIdentity();
  RowWriter row(identity.schema);
  const auto writer = Create();
  ASSERT_NE(writer, nullptr);
  uint64_t sum = 0;
  for (const auto& [key, time] : {std::pair("a", 50), {"bb", -7}, {"c", 9}}) {
    row.Begin(time);
    if (time == 50) row.SetBytes(1, "x");
    const std::string bytes(row.Finish());
    sum += RowSum(key, bytes);
    ASSERT_TRUE(writer->Add(key, bytes).ok());
  }
  const auto manifest = writer->Finish(/*rows_replaced=*/5);

  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(manifest->view, "user");
  EXPECT_EQ(manifest->as_of_micros, 77);
  EXPECT_EQ(manifest->source_bytes, 99);
  EXPECT_EQ(manifest->rows, 3);
  EXPECT_EQ(manifest->rows_sum, sum);
  EXPECT_EQ(manifest->key_bytes, 4);
  EXPECT_EQ(manifest->rows_replaced, 5);
  EXPECT_EQ(manifest->event_time_min_micros, -7);
  EXPECT_EQ(manifest->event_time_max_micros, 50);
  const ColumnStats one_text{.feature_id = 2,
                             .nulls = 2,
                             .min = 1,
                             .max = 1,
                             .mean = 1,
                             .distinct = 1,
                             .quantiles = {1, 1, 1, 1, 1}};
  EXPECT_EQ(manifest->columns,
            (std::vector<ColumnStats>{{1, 3}, one_text, {3, 3}}));
  EXPECT_EQ(*ReadManifest(dir_), *manifest);
}

TEST_F(VersionWriterTest, AsOfIsTheGreatestEventTimeWhenAskedFor) {
  const auto manifest =
      BuildVersion(dir_, TestRows(10), {.as_of_from_rows = true});

  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(manifest->as_of_micros, 1009);
}

TEST_F(VersionWriterTest, WhatFinishReadsAgainIsToldAsWork) {
  int64_t works = 0;
  VersionWriterOptions options;
  options.file_bytes = 32 << 10;
  options.on_work = [&works] { ++works; };
  const auto manifest = BuildVersion(dir_, TestRows(3000), options);
  ASSERT_TRUE(manifest.ok()) << manifest.status();

  // Each table: before the ingest, then two sums of at least one piece.
  int64_t tables = 0;
  for (const ManifestFile& file : manifest->files) {
    tables += file.name.ends_with(".sst") ? 1 : 0;
  }
  EXPECT_GT(tables, 2);
  EXPECT_GE(works, 3 * tables);
}

TEST_F(VersionWriterTest, TheDirectoryHoldsWhatTheManifestListsAndNoMore) {
  const auto manifest =
      BuildVersion(dir_, TestRows(3000), {.file_bytes = 32 << 10});
  ASSERT_TRUE(manifest.ok()) << manifest.status();

  std::vector<std::string> names = {"LOCK", "MANIFEST.freshet"};
  size_t tables = 0;
  for (const ManifestFile& file : manifest->files) {
    names.push_back(file.name);
    tables += file.name.ends_with(".sst") ? 1 : 0;
    EXPECT_EQ(*FileSize(dir_ + "/" + file.name), file.bytes);
    EXPECT_EQ(*FileSum(dir_ + "/" + file.name, 0, {}), file.xxh3);
  }
  EXPECT_THAT(*ListDir(dir_), testing::UnorderedElementsAreArray(names));
  EXPECT_GE(tables, 3u);
}

TEST_F(VersionWriterTest, AKeyThatIsNotGreaterIsRefused) {
  const auto writer = Create();
  ASSERT_NE(writer, nullptr);
  ASSERT_TRUE(writer->Add("b", TestRow(1)).ok());

  EXPECT_EQ(writer->Add("b", TestRow(2)).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(writer->Add("a", TestRow(2)).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(VersionWriterTest, TheOrderHoldsAcrossFiles) {
  const auto writer = Create({.file_bytes = 1});
  ASSERT_NE(writer, nullptr);
  for (const auto& [key, row] : TestRows(300, 400)) {
    ASSERT_TRUE(writer->Add(key, row).ok());
  }

  EXPECT_EQ(writer->Add("k000299", TestRow(1)).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(VersionWriterTest, ARowOfAnotherSchemaIsRefused) {
  const auto writer = Create();
  ASSERT_NE(writer, nullptr);

  EXPECT_EQ(writer->Add("a", "not a row").code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(VersionWriterTest, ADirectoryThatHoldsMoreThanALockIsRefused) {
  ASSERT_TRUE(MakeDir(dir_).ok());
  ASSERT_TRUE(WriteFileSynced(dir_ + "/LOCK", "1\n").ok());
  ASSERT_TRUE(WriteFileSynced(dir_ + "/000001.sst", "old").ok());

  const auto writer = VersionWriter::Create(dir_, TestIdentity(), {});
  EXPECT_EQ(writer.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(writer.status().ToString(), HasSubstr("000001.sst"));
}

TEST_F(VersionWriterTest, TheBuildersLockFileStaysAsItIs) {
  ASSERT_TRUE(MakeDir(dir_).ok());
  ASSERT_TRUE(WriteFileSynced(dir_ + "/LOCK", "4711\n").ok());
  ASSERT_TRUE(BuildVersion(dir_, TestRows(3)).ok());

  EXPECT_EQ(*ReadFile(dir_ + "/LOCK"), "4711\n");
}

TEST_F(VersionWriterTest,
       ADiskBelowItsReserveIsRefusedBeforeAnythingIsWritten) {
  ASSERT_TRUE(MakeDir(dir_).ok());
  const int64_t free = *FreeBytes(dir_);

  const auto writer =
      VersionWriter::Create(dir_, TestIdentity(), {.disk_reserve_bytes = free});
  EXPECT_EQ(writer.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(writer.status().ToString(), HasSubstr(dir_));
}

TEST_F(VersionWriterTest, AnErrorAtAnyStepLeavesADirectoryWithoutAManifest) {
  for (const char* step :
       {"build.open_file", "build.ingest", "build.sync", "build.manifest"}) {
    SCOPED_TRACE(step);
    ASSERT_TRUE(RemoveTree(dir_).ok());
    ASSERT_TRUE(ArmFailpoints(std::string(step) + "=error").ok());
    const auto manifest = BuildVersion(dir_, TestRows(100));
    ASSERT_TRUE(ArmFailpoints("").ok());

    EXPECT_THAT(manifest.status().ToString(), HasSubstr(step));
    EXPECT_EQ(ReadManifest(dir_).status().code(), absl::StatusCode::kNotFound);
  }
}

TEST_F(VersionWriterTest, BytesWrittenGrowWithTheRows) {
  const auto writer = Create();
  ASSERT_NE(writer, nullptr);
  EXPECT_EQ(writer->bytes_written(), 0);
  for (const auto& [key, row] : TestRows(2000)) {
    ASSERT_TRUE(writer->Add(key, row).ok());
  }

  EXPECT_EQ(writer->rows(), 2000);
  EXPECT_GT(writer->bytes_written(), 10000);
}

}  // namespace
}  // namespace freshet
