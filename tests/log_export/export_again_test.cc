// SPDX-License-Identifier: Apache-2.0
// Which files there are: after errors, of what is damaged, and once they are
// old.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "base/failpoint.h"
#include "base/file.h"
#include "tests/log_export/export_log_kit.h"

namespace freshet {
namespace {

namespace fs = std::filesystem;

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
  for (const char* name : {"../elsewhere", "..", ".hidden", "a/b", ""}) {
    AppendPayments(kNewYear2026, {"ann"}, name);
    EXPECT_TRUE(absl::IsDataLoss(Export())) << name;
    order_.from = log_->next();
  }
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
  // Not what lies behind a link.
  ASSERT_TRUE(MakeDir(dir_.path() + "/linked").ok());
  const std::string linked =
      dir_.path() + "/linked/part-00000000000000ab-1.parquet";
  ASSERT_TRUE(WriteFileSynced(linked, "x").ok());
  fs::create_directory_symlink(
      dir_.path() + "/linked",
      Directory() + "/payments/arrival_date=2000-01-01");
  order_.from = log_->next();
  order_.keep_from_micros = kNewYear2026 + kDay / 2;

  ASSERT_TRUE(Export().ok());

  EXPECT_EQ(report_.removed_files, 2);
  EXPECT_EQ(Files(), (std::vector<std::string>{
                         of_another, FileOf("payments", "2026-01-01", 3)}));
  EXPECT_FALSE(PathExists(Directory() + "/payments/arrival_date=2025-12-30"));
  EXPECT_TRUE(PathExists(linked));
}

}  // namespace
}  // namespace freshet
