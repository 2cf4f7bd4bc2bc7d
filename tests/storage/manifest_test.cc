// SPDX-License-Identifier: Apache-2.0
#include "storage/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/file.h"
#include "storage/framed_file.h"
#include "tests/fakes/temp_dir.h"

namespace freshet {
namespace {

using testing::HasSubstr;

Manifest FullManifest() {
  Manifest manifest;
  manifest.view = "user";
  manifest.version = 12;
  manifest.generation = 3;
  manifest.schema = RowSchema(
      4, {{"origin", {.kind = Kind::kString}}, {"day", {.kind = Kind::kInt64}}},
      {{7, "price", {.kind = Kind::kDecimal, .precision = 10, .scale = 2}},
       {9, "vector", {.kind = Kind::kFloat, .fixed_length = 128}},
       {8, "tags", {.kind = Kind::kString, .list = true}}});
  manifest.rows = (int64_t{1} << 53) + 1;
  manifest.base = 11;
  manifest.fold = 2;
  manifest.deleted_rows = 3;
  manifest.live_rows = 4;
  manifest.rows_sum = std::numeric_limits<uint64_t>::max();
  manifest.key_bytes = 5;
  manifest.row_bytes = 6;
  manifest.files = {{"CURRENT", 16, 1, 16, 1},
                    {"000008.sst", 1 << 20, ~uint64_t{1}, 99, 5}};
  manifest.as_of_micros = std::numeric_limits<int64_t>::min();
  manifest.whole_as_of_micros = 0;
  manifest.event_time_min_micros = -1;
  manifest.event_time_max_micros = std::numeric_limits<int64_t>::max();
  manifest.built_at_micros = 8;
  manifest.source = "snapshots/\"user\" \xc3\xa9.parquet";
  manifest.source_bytes = 9;
  manifest.source_sum = 10;
  manifest.rows_replaced = 10;
  manifest.columns = {
      {7, 11},
      {.feature_id = 9,
       .nans = 3,
       .min = -std::numeric_limits<double>::infinity(),
       .max = std::numeric_limits<double>::infinity(),
       .mean = 0.1,
       .distinct = 5,
       .quantiles = {-std::numeric_limits<double>::infinity(), 1, 2.5, 1e300,
                     std::numeric_limits<double>::infinity()}},
      {.feature_id = 8, .nulls = 12, .max = -0.5, .distinct = 1}};
  manifest.build = "0.1.0";
  return manifest;
}

TEST(ManifestTest, EveryFieldComesBack) {
  const Manifest manifest = FullManifest();
  const auto back = ParseManifest(SerializeManifest(manifest));

  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, manifest);
}

TEST(ManifestTest, OneWithoutLayersIsOfTheFirstFormat) {
  Manifest manifest = FullManifest();
  EXPECT_THAT(SerializeManifest(manifest),
              testing::StartsWith("freshet-manifest 2 "));

  manifest.base = manifest.fold = manifest.deleted_rows = 0;
  manifest.live_rows = manifest.rows;
  const std::string text = SerializeManifest(manifest);

  EXPECT_THAT(text, testing::StartsWith("freshet-manifest 1 "));
  const auto back = ParseManifest(text);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, manifest);
}

TEST(ManifestTest, EqualManifestsAreEqualBytes) {
  EXPECT_EQ(
      SerializeManifest(FullManifest()),
      SerializeManifest(*ParseManifest(SerializeManifest(FullManifest()))));
}

TEST(ManifestTest, ANewerFormatIsRefusedByName) {
  const auto manifest =
      ParseManifest(Frame("freshet-manifest", kManifestFormat + 1, "{}"));

  EXPECT_EQ(manifest.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(manifest.status().ToString(), HasSubstr("freshet-manifest"));
}

// A whole frame around a body that is not a manifest: a bug of a writer.
TEST(ManifestTest, AMissingOrWronglyTypedFieldIsNamed) {
  const std::string good = SerializeManifest(FullManifest());
  const std::string body(*Unframe("freshet-manifest", kManifestFormat, good));
  const std::pair<std::string, std::string> edits[] = {
      {"\"rows\"", "\"crows\""},
      {"\"version\": 12", "\"version\": \"12\""},
      {"\"version\": 12", "\"version\": 12.5"},
      {"\"version\": 12", "\"version\": 18446744073709551615"},
      {"ffffffffffffffff", "zfffffffffffffff"},
      {"\"000008.sst\"", "\"../../secret\""},
      {"\"tail_bytes\": 99", "\"tail_bytes\": 1048577"},
      {"\"string\"", "\"strong\""},
      {"\"id\": 9", "\"id\": 7"},
      {"\"id\": 9", "\"id\": -1"},
      {"\"max\": -0.5", "\"max\": \"much\""},
      {"\"max\": \"inf\"", "\"max\": \"nan\""},
      {"1e+300", "null"},
      {"1e+300,", ""}};
  for (const auto& [from, to] : edits) {
    std::string bad = body;
    const size_t at = bad.rfind(from);
    ASSERT_NE(at, std::string::npos) << from;
    bad.replace(at, from.size(), to);
    const auto manifest =
        ParseManifest(Frame("freshet-manifest", kManifestFormat, bad));
    EXPECT_EQ(manifest.status().code(), absl::StatusCode::kDataLoss) << to;
  }
}

TEST(ManifestTest, WhatIsNoJsonObjectIsDataLoss) {
  for (const std::string& body :
       {std::string(), std::string("[]"), std::string("{"), std::string("null"),
        std::string(100000, '['), "{\"a\":" + std::string(100000, '[')}) {
    const auto manifest =
        ParseManifest(Frame("freshet-manifest", kManifestFormat, body));
    EXPECT_EQ(manifest.status().code(), absl::StatusCode::kDataLoss);
  }
}

TEST(ManifestTest, AnErrorOfReadingNamesTheFile) {
  TempDir temp;
  EXPECT_EQ(ReadManifest(temp.path()).status().code(),
            absl::StatusCode::kNotFound);

  const std::string path = temp.path() + "/MANIFEST.freshet";
  ASSERT_TRUE(WriteFileSynced(path, "junk").ok());
  EXPECT_THAT(ReadManifest(temp.path()).status().ToString(), HasSubstr(path));
}

TEST(ManifestTest, ARowsSumTellsWhereItsKeyEnds) {
  EXPECT_NE(RowSum("ab", "c"), RowSum("a", "bc"));
  EXPECT_NE(RowSum("a", "b"), RowSum("b", "a"));
}

}  // namespace
}  // namespace freshet
