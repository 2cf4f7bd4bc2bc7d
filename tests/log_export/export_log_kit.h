// SPDX-License-Identifier: Apache-2.0
// A change log, and the files that its events are exported to.
#pragma once

#include <arrow/io/file.h>
#include <arrow/scalar.h>
#include <arrow/table.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/failpoint.h"
#include "base/file.h"
#include "features/streams/event_rows.h"
#include "loader/log_export/export_log.h"
#include "storage/change_log/change_log.h"
#include "storage/change_log/log_record.h"
#include "tests/fakes/temp_dir.h"

namespace freshet {

inline constexpr int64_t kDay = 86'400'000'000;
inline constexpr int64_t kNewYear2026 = 20'454 * kDay;

inline std::vector<StreamField> FieldsOf(
    const std::vector<std::pair<std::string, std::string>>& named) {
  std::vector<StreamField> fields;
  for (const auto& [name, type] : named) {
    fields.push_back({.name = name, .type = *Type::Parse(type)});
  }
  return fields;
}

inline const std::vector<StreamField>& Payments() {
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
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(Directory())) {
      if (!entry.is_regular_file()) continue;
      files.push_back(
          std::filesystem::relative(entry.path(), Directory()).string());
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

inline std::string FileOf(const std::string& source, const std::string& day,
                          uint64_t record) {
  return fmt::format("{}/arrival_date={}/part-00000000000000ab-{:020}.parquet",
                     source, day, record);
}

}  // namespace freshet
