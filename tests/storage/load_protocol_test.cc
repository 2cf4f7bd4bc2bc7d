// SPDX-License-Identifier: Apache-2.0
#include "storage/protocol/load_protocol.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace freshet {
namespace {

LoadSpec FullSpec() {
  LoadSpec spec;
  spec.view = "user";
  spec.version = 3;
  spec.generation = 2;
  spec.schema = RowSchema(1, {{"id", {.kind = Kind::kInt64}}},
                          {{5, "age", {.kind = Kind::kInt32}}});
  spec.source.path = "/snapshots/user \"x\"\n";
  spec.source.format = FileFormat::kJsonLines;
  spec.source.require_success = true;
  spec.source.manifest = "_m";
  spec.source.mode = LoadMode::kUpsert;
  spec.source.timestamp_field = "at";
  spec.source.deleted_field = "gone";
  spec.source.zone = "America/New_York";
  spec.source.at_day = DayPoint::kEndOfDay;
  spec.source.duplicates = Duplicates::kLatest;
  spec.source.columns = {{"age", "AGE"}, {"id", "user id"}};
  spec.source.column_case = ColumnCase::kUpper;
  spec.source.partitions = Partitions::kHive;
  spec.roots = {"/snapshots", "/more"};
  spec.layers = {.chain = {"/v2", "/v1"},
                 .merged = 1,
                 .fold = 11,
                 .forgotten = {{{"id"}, 0xfedcba9876543210, 12}},
                 .recount = true};
  spec.building_dir = "/store/views/user/v3.building";
  spec.has_as_of = true;
  spec.as_of_micros = (int64_t{1} << 53) + 1;
  spec.now_micros = 4;
  spec.sort_buffer_bytes = 5;
  spec.memory_max_bytes = 6;
  spec.cpu_max_s = 7;
  spec.row_bytes_max = 8;
  spec.columns_max = 9;
  spec.disk_reserve_bytes = 10;
  spec.dry_run = true;
  spec.build = "0.1.0";
  return spec;
}

TEST(LoadProtocolTest, ASpecIsOneLineAndEveryFieldComesBack) {
  const LoadSpec spec = FullSpec();
  const std::string text = SerializeLoadSpec(spec);
  const auto back = ParseLoadSpec(text);

  EXPECT_EQ(text.find('\n'), std::string::npos);
  ASSERT_TRUE(back.ok()) << back.status();
  // Equal text means equal fields: the next test shows that each is in it.
  EXPECT_EQ(SerializeLoadSpec(*back), text);
  EXPECT_EQ(back->source.path, spec.source.path);
  EXPECT_EQ(back->as_of_micros, spec.as_of_micros);
  EXPECT_EQ(back->schema, spec.schema);
}

TEST(LoadProtocolTest, EachFieldOfASpecIsInItsText) {
  std::vector<LoadSpec> others(39, FullSpec());
  others[0].view = "x";
  others[1].version = 99;
  others[2].generation = 99;
  others[3].schema = RowSchema();
  others[4].source.path = "x";
  others[5].source.format = FileFormat::kCsv;
  others[6].source.require_success = false;
  others[7].source.timestamp_field = "x";
  others[8].source.zone = "x";
  others[9].source.at_day = DayPoint::kNone;
  others[10].source.duplicates = Duplicates::kRefuse;
  others[11].source.columns.clear();
  others[12].roots.pop_back();
  others[13].building_dir = "x";
  others[14].has_as_of = false;
  others[15].as_of_micros = 99;
  others[16].now_micros = 99;
  others[17].sort_buffer_bytes = 99;
  others[18].memory_max_bytes = 99;
  others[19].cpu_max_s = 99;
  others[20].row_bytes_max = 99;
  others[21].columns_max = 99;
  others[22].disk_reserve_bytes = 99;
  others[23].dry_run = false;
  others[24].build = "x";
  others[25].source.column_case = ColumnCase::kLower;
  others[26].source.partitions = Partitions::kIgnore;
  others[27].source.manifest = "x";
  others[28].source.mode = LoadMode::kFull;
  others[29].source.deleted_field = "x";
  others[30].layers.chain.pop_back();
  others[31].layers.merged = 2;
  others[32].layers.fold = 99;
  others[33].source_sum = 99;
  others[34].layers.forgotten.clear();
  others[35].layers.forgotten[0].join_keys = {"id", "day"};
  others[36].layers.forgotten[0].hash = 99;
  others[37].layers.forgotten[0].until_version = 99;
  others[38].layers.recount = false;
  const std::string text = SerializeLoadSpec(FullSpec());
  for (const LoadSpec& other : others) {
    const std::string changed = SerializeLoadSpec(other);
    EXPECT_NE(changed, text);
    const auto back = ParseLoadSpec(changed);
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(SerializeLoadSpec(*back), changed);
  }
}

TEST(LoadProtocolTest, ProgressIsOneLineAndEveryFieldComesBack) {
  LoadProgress progress;
  progress.phase = LoadPhase::kFailed;
  progress.rows = 1;
  progress.rows_total = 2;
  progress.bytes = 3;
  progress.bytes_total = 4;
  progress.bytes_written = 5;
  progress.rss_bytes = 6;
  progress.work = 7;
  progress.error = absl::DataLossError("row 5:\n\"x\" \xff is not UTF-8");
  const std::string line = SerializeLoadProgress(progress);
  const auto back = ParseLoadProgress(line);

  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  EXPECT_EQ(line.back(), '\n');
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->phase, progress.phase);
  EXPECT_EQ(back->rows, 1);
  EXPECT_EQ(back->rows_total, 2);
  EXPECT_EQ(back->bytes, 3);
  EXPECT_EQ(back->bytes_total, 4);
  EXPECT_EQ(back->bytes_written, 5);
  EXPECT_EQ(back->rss_bytes, 6);
  EXPECT_EQ(back->work, 7);
  EXPECT_EQ(back->error.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(std::string(back->error.message()),
            "row 5:\n\"x\" \xef\xbf\xbd is not UTF-8");
}

TEST(LoadProtocolTest, EveryPhaseHasANameThatComesBack) {
  for (int i = 0; i <= static_cast<int>(LoadPhase::kFailed); ++i) {
    LoadProgress progress;
    progress.phase = static_cast<LoadPhase>(i);
    const auto back = ParseLoadProgress(SerializeLoadProgress(progress));
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(back->phase, progress.phase);
    EXPECT_TRUE(back->error.ok());
  }
}

TEST(LoadProtocolTest, WhatIsNotARecordIsDataLossAndNeverACrash) {
  const std::string good = SerializeLoadProgress({});
  for (size_t size = 0; size + 2 < good.size(); ++size) {
    EXPECT_FALSE(ParseLoadProgress(good.substr(0, size)).ok());
  }
  for (const char* bad : {"", "{}", "[]", "null", "\xff\xfe"}) {
    EXPECT_EQ(ParseLoadProgress(bad).status().code(),
              absl::StatusCode::kDataLoss);
    EXPECT_EQ(ParseLoadSpec(bad).status().code(), absl::StatusCode::kDataLoss);
  }
  std::string phase = good;
  phase.replace(phase.find("starting"), 8, "stirring");
  EXPECT_FALSE(ParseLoadProgress(phase).ok());
}

}  // namespace
}  // namespace freshet
