// SPDX-License-Identifier: Apache-2.0
// What stands in the files that events are exported to.
#include "loader/log_export/export_log.h"

#include <arrow/scalar.h>
#include <arrow/table.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <parquet/file_reader.h>

#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "features/streams/event_rows.h"
#include "loader/log_export/event_files.h"
#include "storage/change_log/log_record.h"
#include "tests/log_export/export_log_kit.h"

namespace freshet {
namespace {

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
  EXPECT_FALSE(PathExists(BuildingDir(order_)));
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

// As of events from before the definition was changed.
TEST_F(ExportLogTest, AFieldOfAnotherTypeIsNoTime) {
  order_.sources["payments"] = {"user", "id"};
  AppendPayments(kNewYear2026, {"ann"});
  ASSERT_TRUE(Export().ok());
  const std::string file = FileOf("payments", "2026-01-01", 1);
  EXPECT_EQ(Column(file, "freshet_event_time"),
            std::vector<std::string>{"null"});
  EXPECT_EQ(Column(file, "user"), std::vector<std::string>{"ann"});
}

// What is kept in memory of one is bounded.
TEST_F(ExportLogTest, AFileHasARowGroupOf32MebibytesAtMost) {
  for (int record = 0; record < 3; ++record) {
    AppendPayments(kNewYear2026, {std::string(12 << 20, 'x')});
  }
  for (const char* user : {"ann", "bob"}) AppendPayments(kNewYear2026, {user});

  ASSERT_TRUE(Export().ok());

  const auto file = parquet::ParquetFileReader::OpenFile(
      Directory() + "/" + FileOf("payments", "2026-01-01", 1));
  ASSERT_EQ(file->metadata()->num_row_groups(), 2);
  EXPECT_EQ(file->metadata()->RowGroup(0)->num_rows(), 3);
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

}  // namespace
}  // namespace freshet
