// SPDX-License-Identifier: Apache-2.0
#include "storage/protocol/export_protocol.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "storage/change_log/export_state.h"
#include "tests/fakes/temp_dir.h"

namespace freshet {
namespace {

TEST(ExportProtocolTest, AnOrderArrivesAsItWas) {
  ExportOrder order;
  order.log_dir = "/store/change_log";
  order.from = 7;
  order.until = (uint64_t{1} << 63) + 1;
  order.log_id = 0xfeedfacefeedface;
  order.directory = "/events \"here\"";
  order.sources["payments"] = {"paid_at", "payment_id"};
  order.sources["clicks"] = {"at", ""};
  order.keep_from_micros = -5;
  order.memory_max_bytes = 1 << 30;
  order.disk_reserve_bytes = 12;

  const std::string line = SerializeExportOrder(order);
  const auto read = ParseExportOrder(line);

  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(IsExportOrder(line));
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(SerializeExportOrder(*read), line);
  EXPECT_EQ(read->until, order.until);
  EXPECT_EQ(read->sources, order.sources);
}

TEST(ExportProtocolTest, AReportArrivesAsItWas) {
  const ExportReport report{.is_last = true,
                            .status = ResourceExhausted("full\nup"),
                            .records = 1,
                            .events = 2,
                            .files = 3,
                            .bytes = 4,
                            .removed_files = 5};
  const std::string line = SerializeExportReport(report);

  const auto read = ParseExportReport(line);

  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_EQ(read->status, report.status);
  EXPECT_EQ(SerializeExportReport(*read), line);
}

TEST(ExportProtocolTest, WhatIsNoOrderIsRefused) {
  for (const char* line : {"", "{}", R"({"export":{}})", R"({"export":7})",
                           R"({"export":{"sources":[3]}})"}) {
    EXPECT_TRUE(absl::IsDataLoss(ParseExportOrder(line).status())) << line;
  }
  EXPECT_FALSE(IsExportOrder(R"({"watch":{}})"));
}

TEST(ExportStateTest, IsReadAsItWasWrittenOrNotAtAll) {
  const TempDir dir;
  const std::string path = dir.path() + "/event_export";
  EXPECT_TRUE(absl::IsNotFound(ReadExportState(path).status()));
  const ExportState state{.log_id = 0xffffffffffffffff,
                          .next = 9,
                          .until = 12,
                          .directory = "/events",
                          .lost_records = 4};
  ASSERT_TRUE(WriteExportState(path, {.log_id = 1}).ok());
  ASSERT_TRUE(WriteExportState(path, state).ok());

  const auto read = ReadExportState(path);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, state);

  std::string bytes = *ReadFile(path);
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] ^= 1;
    ASSERT_TRUE(WriteFileSynced(path, damaged).ok());
    EXPECT_TRUE(absl::IsDataLoss(ReadExportState(path).status())) << i;
  }
}

}  // namespace
}  // namespace freshet
