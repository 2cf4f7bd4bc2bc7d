// SPDX-License-Identifier: Apache-2.0
#include "loader/log_export/export_log.h"

#include <arrow/io/file.h>
#include <arrow/scalar.h>
#include <arrow/table.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/failpoint.h"
#include "base/file.h"
#include "features/streams/event_rows.h"
#include "storage/change_log/change_log.h"
#include "storage/change_log/log_record.h"
#include "tests/fakes/temp_dir.h"

namespace freshet {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kDay = 86'400'000'000;
constexpr int64_t kNewYear2026 = 20'454 * kDay;

std::vector<StreamField> FieldsOf(
    const std::vector<std::pair<std::string, std::string>>& named) {
  std::vector<StreamField> fields;
  for (const auto& [name, type] : named) {
    fields.push_back({.name = name, .type = *Type::Parse(type)});
  }
  return fields;
}

const std::vector<StreamField>& Payments() {
  static const std::vector<StreamField> fields =
      FieldsOf({{"user", "string"}, {"at", "timestamp"}});
  return fields;
}

// A log, and the files that its events are exported to.
class ExportLogTest : public testing::Test {
 protected:
  ExportLogTest() {
    auto log = ChangeLog::Open(dir_.path() + "/log", {});
    EXPECT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
    EXPECT_TRUE(MakeDir(Directory()).ok());
    order_.log_dir = dir_.path() + "/log";
    order_.from = 1;
    order_.log_id = 0xab;
    order_.directory = Directory();
    order_.sources["payments"] = {"at", "id"};
  }
  void TearDown() override { ASSERT_TRUE(ArmFailpoints("").ok()); }

  std::string Directory() const { return dir_.path() + "/events"; }

  void Append(const LoggedEvents& logged) { Append(EncodeRecord(logged)); }
  void Append(const std::string& record) {
    const std::string_view view = record;
    ASSERT_TRUE(log_->Append({&view, 1}).ok());
  }
  // One of each user, in one record.
  void AppendPayments(int64_t arrival_micros,
                      const std::vector<std::string>& users,
                      const std::string& source = "payments") {
    EventRows rows(Payments());
    for (const std::string& user : users) {
      rows.Begin(0, 5);
      rows.SetText(0, user);
      rows.SetInteger(1, arrival_micros - 1);
    }
    Append(LoggedEvents{.source = source,
                        .arrival_micros = arrival_micros,
                        .fields = Payments(),
                        .events = rows.batch()});
  }

  absl::Status Export() {
    order_.until = log_->next();
    report_ = {};
    return ExportLog(
        order_, [](const ExportReport&) {}, report_);
  }

  // Paths of all that is there, below the directory.
  std::vector<std::string> Files() const {
    std::vector<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(Directory())) {
      if (!entry.is_regular_file()) continue;
      files.push_back(fs::relative(entry.path(), Directory()).string());
    }
    std::sort(files.begin(), files.end());
    return files;
  }

  std::shared_ptr<arrow::Table> Read(const std::string& file) const {
    auto input =
        arrow::io::ReadableFile::Open(Directory() + "/" + file).ValueOrDie();
    auto reader = parquet::arrow::OpenFile(input, arrow::default_memory_pool())
                      .ValueOrDie();
    return reader->ReadTable().ValueOrDie();
  }
  // A column's values, as Arrow writes them, in one line.
  std::vector<std::string> Column(const std::string& file,
                                  const std::string& name) const {
    const auto table = Read(file);
    std::vector<std::string> values;
    const auto column = table->GetColumnByName(name);
    if (column == nullptr) return {"no column " + name};
    for (int64_t i = 0; i < table->num_rows(); ++i) {
      const auto scalar = column->GetScalar(i).ValueOrDie();
      values.push_back(scalar->is_valid ? scalar->ToString() : "null");
    }
    return values;
  }

  TempDir dir_;
  std::unique_ptr<ChangeLog> log_;
  ExportOrder order_;
  ExportReport report_;
};

std::string FileOf(const std::string& source, const std::string& day,
                   uint64_t record) {
  return fmt::format("{}/arrival_date={}/part-00000000000000ab-{:020}.parquet",
                     source, day, record);
}

TEST_F(ExportLogTest, Rule23EveryRowGoesToTheFileOfItsSourceAndDay) {
  AppendPayments(kNewYear2026 - 1, {"ann", "bob"});
  AppendPayments(kNewYear2026 - 1, {"cy"}, "refunds");
  Append(EncodeRecord(ReleaseRecord{.before_micros = kNewYear2026}));
  AppendPayments(kNewYear2026, {"dan"});
  AppendPayments(kNewYear2026 + kDay - 1, {"eve"});

  ASSERT_TRUE(Export().ok());

  const std::string old_year = FileOf("payments", "2025-12-31", 1);
  const std::string new_year = FileOf("payments", "2026-01-01", 4);
  EXPECT_EQ(Files(),
            (std::vector<std::string>{old_year, new_year,
                                      FileOf("refunds", "2025-12-31", 2)}));
  EXPECT_EQ(Column(old_year, "user"), (std::vector<std::string>{"ann", "bob"}));
  EXPECT_EQ(Column(new_year, "user"), (std::vector<std::string>{"dan", "eve"}));
  EXPECT_EQ(Column(old_year, "freshet_record"),
            (std::vector<std::string>{"1", "1"}));
  EXPECT_EQ(Column(old_year, "freshet_row"),
            (std::vector<std::string>{"0", "1"}));
  EXPECT_EQ(Column(new_year, "freshet_arrival_time"),
            (std::vector<std::string>{"2026-01-01 00:00:00.000000Z",
                                      "2026-01-01 23:59:59.999999Z"}));
  EXPECT_EQ(Column(new_year, "freshet_event_time")[0],
            "2025-12-31 23:59:59.999999Z");
  EXPECT_EQ(report_.events, 5);
  EXPECT_EQ(report_.files, 3);
  EXPECT_EQ(report_.records, 5);
  EXPECT_GT(report_.bytes, 0);
}

TEST_F(ExportLogTest, EveryTypeIsThatOfParquet) {
  const std::vector<StreamField> fields = FieldsOf({{"b", "bool"},
                                                    {"i", "int32"},
                                                    {"l", "int64"},
                                                    {"f", "float"},
                                                    {"d", "double"},
                                                    {"s", "string"},
                                                    {"y", "bytes"},
                                                    {"t", "timestamp"},
                                                    {"m", "decimal(18,2)"}});
  EventRows rows(fields);
  rows.Begin(0, 0);
  rows.SetInteger(0, 1);
  rows.SetInteger(1, -7);
  rows.SetInteger(2, int64_t{1} << 62);
  rows.SetReal(3, 0.25);
  rows.SetReal(4, 0.1);
  rows.SetText(5, "h\xc3\xa4");
  rows.SetText(6, std::string("\0\xff", 2));
  rows.SetInteger(7, -1);
  rows.SetInteger(8, -123'456'789'012'345'678);
  rows.Begin(0, 1);
  for (size_t i = 0; i < fields.size(); ++i) rows.SetNull(i);
  Append(LoggedEvents{.source = "payments",
                      .arrival_micros = kNewYear2026,
                      .fields = fields,
                      .events = rows.batch()});

  ASSERT_TRUE(Export().ok());

  const auto table = Read(FileOf("payments", "2026-01-01", 1));
  std::vector<std::string> columns;
  for (const auto& field : table->schema()->fields()) {
    columns.push_back(
        fmt::format("{} {}", field->name(), field->type()->ToString()));
  }
  columns.resize(fields.size());
  EXPECT_EQ(columns, (std::vector<std::string>{
                         "b bool", "i int32", "l int64", "f float", "d double",
                         "s string", "y binary", "t timestamp[us, tz=UTC]",
                         "m decimal128(18, 2)"}));
  const char* kValues[] = {"true",
                           "-7",
                           "4611686018427387904",
                           "0.25",
                           "0.1",
                           "h\xc3\xa4",
                           nullptr,
                           "1969-12-31 23:59:59.999999Z",
                           "-1234567890123456.78"};
  for (size_t i = 0; i < fields.size(); ++i) {
    const auto values =
        Column(FileOf("payments", "2026-01-01", 1), fields[i].name);
    if (kValues[i] != nullptr) {
      EXPECT_EQ(values[0], kValues[i]);
    }
    EXPECT_EQ(values[1], "null");
  }
  const auto bytes = std::static_pointer_cast<arrow::BinaryScalar>(
      table->GetColumnByName("y")->GetScalar(0).ValueOrDie());
  EXPECT_EQ(bytes->value->ToString(), std::string("\0\xff", 2));
}

TEST_F(ExportLogTest, WhatAnEventSaysNothingOfIsToldFromANull) {
  EventRows rows(Payments());
  rows.Begin(0, 0);
  rows.SetText(0, "ann");
  rows.Begin(0, 1);
  rows.SetNull(0);
  rows.SetNull(1);
  Append(LoggedEvents{.source = "payments",
                      .arrival_micros = kNewYear2026,
                      .fields = Payments(),
                      .events = rows.batch()});

  ASSERT_TRUE(Export().ok());

  const auto absent =
      Column(FileOf("payments", "2026-01-01", 1), "freshet_absent");
  EXPECT_NE(absent[0].find("at"), std::string::npos) << absent[0];
  EXPECT_EQ(absent[1].find("at"), std::string::npos) << absent[1];
  EXPECT_EQ(Column(FileOf("payments", "2026-01-01", 1), "freshet_event_time"),
            (std::vector<std::string>{"null", "null"}));
}

TEST_F(ExportLogTest, RecordsOfTopicsSayWhereTheyStood) {
  EventRows rows(Payments());
  rows.Begin(PartitionAmongTopics("clicks", 2), 17);
  rows.SetText(0, "ann");
  rows.Begin(PartitionAmongTopics("views", 2), 18);
  rows.SetText(0, "bob");
  Append(LoggedEvents{.source = "payments",
                      .arrival_micros = kNewYear2026,
                      .fields = Payments(),
                      .events = rows.batch(),
                      .positions = {{.topic = "clicks", .partition = 2},
                                    {.topic = "views", .partition = 2}}});
  EventRows one(Payments());
  one.Begin(3, 19);
  one.SetText(0, "cy");
  Append(LoggedEvents{.source = "payments",
                      .arrival_micros = kNewYear2026,
                      .fields = Payments(),
                      .events = one.batch(),
                      .positions = {{.topic = "clicks", .partition = 3}}});
  AppendPayments(kNewYear2026, {"pushed"});

  ASSERT_TRUE(Export().ok());

  const std::string file = FileOf("payments", "2026-01-01", 1);
  EXPECT_EQ(Column(file, "freshet_topic"),
            (std::vector<std::string>{"clicks", "views", "clicks", "null"}));
  EXPECT_EQ(Column(file, "freshet_partition"),
            (std::vector<std::string>{"2", "2", "3", "null"}));
  EXPECT_EQ(Column(file, "freshet_offset"),
            (std::vector<std::string>{"17", "18", "19", "null"}));
}

TEST_F(ExportLogTest, FieldsThatChangeAreAnotherFile) {
  AppendPayments(kNewYear2026, {"ann"});
  const std::vector<StreamField> fields = FieldsOf({{"user", "int64"}});
  EventRows rows(fields);
  rows.Begin(0, 0);
  rows.SetInteger(0, 7);
  Append(LoggedEvents{.source = "payments",
                      .arrival_micros = kNewYear2026,
                      .fields = fields,
                      .events = rows.batch()});
  AppendPayments(kNewYear2026, {"bob"});

  ASSERT_TRUE(Export().ok());

  EXPECT_EQ(Files().size(), 3U);
  EXPECT_EQ(Column(FileOf("payments", "2026-01-01", 2), "user"),
            std::vector<std::string>{"7"});
  EXPECT_EQ(Column(FileOf("payments", "2026-01-01", 3), "user"),
            std::vector<std::string>{"bob"});
}

TEST_F(ExportLogTest, AFieldOfOurNameKeepsIt) {
  const std::vector<StreamField> fields =
      FieldsOf({{"freshet_row", "int64"}, {"freshet_row_", "string"}});
  EventRows rows(fields);
  rows.Begin(0, 0);
  rows.SetInteger(0, 70);
  rows.SetText(1, "x");
  Append(LoggedEvents{.source = "payments",
                      .arrival_micros = kNewYear2026,
                      .fields = fields,
                      .events = rows.batch()});

  ASSERT_TRUE(Export().ok());

  const std::string file = FileOf("payments", "2026-01-01", 1);
  EXPECT_EQ(Column(file, "freshet_row"), std::vector<std::string>{"70"});
  EXPECT_EQ(Column(file, "freshet_row_"), std::vector<std::string>{"x"});
  EXPECT_EQ(Column(file, "freshet_row__"), std::vector<std::string>{"0"});
}

TEST_F(ExportLogTest, AFileSaysWhichFieldsAreTimeAndId) {
  AppendPayments(kNewYear2026, {"ann"});
  ASSERT_TRUE(Export().ok());
  const auto about =
      Read(FileOf("payments", "2026-01-01", 1))->schema()->metadata();
  ASSERT_NE(about, nullptr);
  EXPECT_EQ(about->Get("freshet.source").ValueOr(""), "payments");
  EXPECT_EQ(about->Get("freshet.timestamp_field").ValueOr(""), "at");
  EXPECT_EQ(about->Get("freshet.id_field").ValueOr(""), "id");
}

TEST_F(ExportLogTest, DoneAgainAfterAnyErrorItMakesTheSameFiles) {
  for (int i = 0; i < 20; ++i) {
    AppendPayments(kNewYear2026 - kDay + i * (kDay / 10),
                   {"ann", fmt::format("user{}", i)},
                   i % 3 == 0 ? "payments" : "refunds");
  }
  ASSERT_TRUE(Export().ok());
  const std::vector<std::string> wanted = Files();
  std::vector<std::string> contents;
  for (const std::string& file : wanted) {
    contents.push_back(*ReadFile(Directory() + "/" + file));
  }
  for (const char* point :
       {"export.before_sync", "export.before_rename", "export.after_rename"}) {
    fs::remove_all(Directory());
    ASSERT_TRUE(MakeDir(Directory()).ok());
    ASSERT_TRUE(ArmFailpoints(std::string(point) + "=1*error").ok());
    EXPECT_FALSE(Export().ok()) << point;
    // Whole files, or none.
    for (const std::string& file : Files()) {
      if (file.starts_with(".")) continue;
      const auto at = std::find(wanted.begin(), wanted.end(), file);
      ASSERT_NE(at, wanted.end()) << file;
      EXPECT_EQ(*ReadFile(Directory() + "/" + file),
                contents[static_cast<size_t>(at - wanted.begin())]);
    }
    ASSERT_TRUE(Export().ok()) << point;
    EXPECT_EQ(Files(), wanted) << point;
  }
}

TEST_F(ExportLogTest, OnlyRecordsOfTheOrderAreWritten) {
  for (const char* user : {"a", "b", "c", "d"}) {
    AppendPayments(kNewYear2026, {user});
  }
  order_.from = 2;
  order_.until = 4;
  ASSERT_TRUE(ExportLog(
                  order_, [](const ExportReport&) {}, report_)
                  .ok());
  EXPECT_EQ(Column(FileOf("payments", "2026-01-01", 2), "user"),
            (std::vector<std::string>{"b", "c"}));
  EXPECT_EQ(Files().size(), 1U);
}

TEST_F(ExportLogTest, WhatTheLogLetGoOfIsOutOfRange) {
  AppendPayments(kNewYear2026, {"ann"});
  ASSERT_TRUE(log_->Split(1).ok());
  AppendPayments(kNewYear2026, {"bob"});
  ASSERT_TRUE(log_->Trim(2).ok());
  const absl::Status status = Export();
  EXPECT_TRUE(absl::IsOutOfRange(status)) << status;
}

TEST_F(ExportLogTest, ADamagedRecordFailsItAndLeavesNoFile) {
  AppendPayments(kNewYear2026, {"ann"});
  Append(std::string("\x01\xff\xff garbage"));
  EXPECT_FALSE(Export().ok());
  for (const std::string& file : Files()) {
    EXPECT_TRUE(file.starts_with(".building")) << file;
  }
}

TEST_F(ExportLogTest, ADirectoryThatIsNotThereIsNotMade) {
  AppendPayments(kNewYear2026, {"ann"});
  fs::remove_all(Directory());
  const absl::Status status = Export();
  EXPECT_FALSE(status.ok());
  EXPECT_FALSE(PathExists(Directory()));
}

TEST_F(ExportLogTest, ASourceOfNoNameGoesNowhere) {
  AppendPayments(kNewYear2026, {"ann"}, "../elsewhere");
  EXPECT_TRUE(absl::IsDataLoss(Export()));
}

TEST_F(ExportLogTest, ADiskThatIsShortIsNotFilled) {
  AppendPayments(kNewYear2026, {"ann"});
  order_.disk_reserve_bytes = int64_t{1} << 60;
  const absl::Status status = Export();
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
}

TEST_F(ExportLogTest, OldFilesOfThisLogGo) {
  AppendPayments(kNewYear2026 - 2 * kDay, {"ann"});
  AppendPayments(kNewYear2026 - kDay, {"bob"});
  AppendPayments(kNewYear2026, {"cy"});
  ASSERT_TRUE(Export().ok());
  const std::string of_another =
      "payments/arrival_date=2025-12-31/part-00000000000000cd-1.parquet";
  ASSERT_TRUE(WriteFileSynced(Directory() + "/" + of_another, "x").ok());
  order_.from = log_->next();
  order_.keep_from_micros = kNewYear2026 + kDay / 2;

  ASSERT_TRUE(Export().ok());

  EXPECT_EQ(report_.removed_files, 2);
  EXPECT_EQ(Files(), (std::vector<std::string>{
                         of_another, FileOf("payments", "2026-01-01", 3)}));
  EXPECT_FALSE(PathExists(Directory() + "/payments/arrival_date=2025-12-30"));
}

}  // namespace
}  // namespace freshet
