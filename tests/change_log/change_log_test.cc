// SPDX-License-Identifier: Apache-2.0
#include "storage/change_log/change_log.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "base/failpoint.h"
#include "base/file.h"
#include "tests/fakes/temp_dir.h"

namespace freshet {
namespace {

class ChangeLogTest : public testing::Test {
 protected:
  void TearDown() override { ASSERT_TRUE(ArmFailpoints("").ok()); }

  absl::Status Open(int64_t segment_bytes = 1 << 20) {
    log_.reset();
    auto log =
        ChangeLog::Open(dir_.path() + "/log", {.segment_bytes = segment_bytes});
    if (!log.ok()) return log.status();
    log_ = *std::move(log);
    return absl::OkStatus();
  }

  absl::Status Append(const std::vector<std::string>& records) {
    const std::vector<std::string_view> views(records.begin(), records.end());
    return log_->Append(views);
  }

  std::vector<std::string> ReadFrom(uint64_t from) {
    std::vector<std::string> records;
    uint64_t expected = from;
    const absl::Status status =
        log_->Read(from, [&](uint64_t number, std::string_view record) {
          EXPECT_EQ(number, expected++);
          records.emplace_back(record);
          return true;
        });
    EXPECT_TRUE(status.ok()) << status;
    return records;
  }

  size_t Segments() {
    size_t count = 0;
    const auto names = ListDir(dir_.path() + "/log");
    for (const std::string& name : *names) {
      count += name.ends_with(".segment") ? 1 : 0;
    }
    return count;
  }

  TempDir dir_;
  std::unique_ptr<ChangeLog> log_;
};

using Records = std::vector<std::string>;

TEST_F(ChangeLogTest, Rule23WhatWasAppendedIsReadInOrderAndFromAnyNumber) {
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(log_->next(), 1);

  ASSERT_TRUE(Append({"a", "", "c"}).ok());
  ASSERT_TRUE(Append({"d"}).ok());

  EXPECT_EQ(ReadFrom(1), (Records{"a", "", "c", "d"}));
  EXPECT_EQ(ReadFrom(4), Records{"d"});
  EXPECT_EQ(ReadFrom(5), Records{});
  EXPECT_EQ(log_->next(), 5);
}

TEST_F(ChangeLogTest, AReaderEndsWhereItWants) {
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(Append({"a", "b", "c"}).ok());
  Records seen;

  ASSERT_TRUE(log_->Read(1,
                         [&](uint64_t, std::string_view record) {
                           seen.emplace_back(record);
                           return seen.size() < 2;
                         })
                  .ok());

  EXPECT_EQ(seen, (Records{"a", "b"}));
}

TEST_F(ChangeLogTest, NumbersThatAreNotThereAreOutOfRange) {
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(Append({"a"}).ok());
  const auto all = [](uint64_t, std::string_view) { return true; };

  EXPECT_TRUE(absl::IsOutOfRange(log_->Read(0, all)));
  EXPECT_TRUE(absl::IsOutOfRange(log_->Read(3, all)));
}

TEST_F(ChangeLogTest, RandomRecordsOverManySegmentsAreReadAfterEachOpening) {
  std::mt19937_64 random(20'130'310);
  Records wanted;
  for (int round = 0; round < 30; ++round) {
    ASSERT_TRUE(Open(4'000).ok());
    ASSERT_EQ(log_->next(), wanted.size() + 1);
    for (uint64_t batch = 0; batch <= random() % 5; ++batch) {
      Records records;
      for (uint64_t i = 0; i <= random() % 20; ++i) {
        records.emplace_back(random() % 300, static_cast<char>(random()));
      }
      ASSERT_TRUE(Append(records).ok());
      wanted.insert(wanted.end(), records.begin(), records.end());
    }
    ASSERT_EQ(ReadFrom(1), wanted);
    const uint64_t from = 1 + random() % (wanted.size() + 1);
    ASSERT_EQ(
        ReadFrom(from),
        Records(wanted.begin() + static_cast<int64_t>(from) - 1, wanted.end()));
  }
  EXPECT_GT(Segments(), 10U);
}

TEST_F(ChangeLogTest, ARecordLongerThanAReadersPieceIsReadWhole) {
  ASSERT_TRUE(Open().ok());
  const std::string large(5'000'000, 'x');
  ASSERT_TRUE(Append({"a", large, "b"}).ok());

  EXPECT_EQ(ReadFrom(1), (Records{"a", large, "b"}));
}

TEST_F(ChangeLogTest, ARecordThatIsTooLongIsRefusedAndChangesNothing) {
  ASSERT_TRUE(Open().ok());
  const std::string large(static_cast<size_t>(ChangeLog::kRecordBytesMax) + 1,
                          'x');

  EXPECT_TRUE(absl::IsInvalidArgument(Append({"a", large})));
  ASSERT_TRUE(Append({"b"}).ok());
  EXPECT_EQ(ReadFrom(1), Records{"b"});
}

TEST_F(ChangeLogTest, TrimDeletesWholeSegmentsOnly) {
  ASSERT_TRUE(Open(100).ok());
  for (int i = 1; i <= 20; ++i) {
    ASSERT_TRUE(Append({fmt::format("{}", i), std::string(60, 'x')}).ok());
  }
  const size_t before = Segments();

  ASSERT_TRUE(log_->Trim(12).ok());

  EXPECT_LT(Segments(), before);
  EXPECT_GT(log_->first(), 1U);
  EXPECT_LE(log_->first(), 12U);
  EXPECT_EQ(ReadFrom(13)[0], "7");
  const uint64_t first = log_->first();
  ASSERT_TRUE(Open(100).ok());
  EXPECT_EQ(log_->first(), first);
  EXPECT_EQ(log_->next(), 41U);
}

TEST_F(ChangeLogTest, TheSegmentThatIsAppendedToStays) {
  ASSERT_TRUE(Open(100).ok());
  for (int i = 0; i < 9; ++i) ASSERT_TRUE(Append({std::string(60, 'x')}).ok());

  ASSERT_TRUE(log_->Trim(1'000).ok());

  EXPECT_EQ(Segments(), 1U);
  ASSERT_TRUE(Append({"after"}).ok());
  EXPECT_EQ(ReadFrom(10), Records{"after"});
}

TEST_F(ChangeLogTest, AnInterruptedTrimIsFinishedByOpening) {
  ASSERT_TRUE(Open(100).ok());
  for (int i = 0; i < 9; ++i) ASSERT_TRUE(Append({std::string(60, 'x')}).ok());
  ASSERT_TRUE(ArmFailpoints("change_log.before_unlink=error").ok());
  EXPECT_FALSE(log_->Trim(5).ok());
  ASSERT_TRUE(ArmFailpoints("").ok());
  const size_t before = Segments();

  ASSERT_TRUE(Open(100).ok());

  EXPECT_LT(Segments(), before);
  EXPECT_EQ(ReadFrom(5).size(), 5U);
}

TEST_F(ChangeLogTest, AfterAFailedAppendItHasToBeOpenedAgain) {
  for (const std::string point :
       {"change_log.before_sync", "change_log.before_acknowledge",
        "change_log.before_segment"}) {
    ASSERT_TRUE(Open(100).ok());
    ASSERT_TRUE(Append({std::string(100, 'x')}).ok());
    const uint64_t next = log_->next();
    ASSERT_TRUE(ArmFailpoints(point + "=error").ok());

    EXPECT_FALSE(Append({"lost or not"}).ok());

    ASSERT_TRUE(ArmFailpoints("").ok());
    EXPECT_EQ(log_->next(), next) << "not acknowledged, so not read";
    EXPECT_TRUE(absl::IsFailedPrecondition(Append({"b"})));
    ASSERT_TRUE(Open(100).ok());
    ASSERT_GE(log_->next(), next);
    ASSERT_TRUE(Append({"b"}).ok());
    EXPECT_EQ(ReadFrom(log_->next() - 1), Records{"b"});
  }
}

TEST_F(ChangeLogTest, ASegmentWithoutItsHeaderIsWhatACrashLeft) {
  ASSERT_TRUE(Open(100).ok());
  ASSERT_TRUE(Append({std::string(100, 'x')}).ok());
  log_.reset();
  ASSERT_TRUE(WriteFileSynced(dir_.path() + "/log/00000000000000000002.segment",
                              "fresh")
                  .ok());

  ASSERT_TRUE(Open(100).ok());

  ASSERT_TRUE(Append({"b"}).ok());
  EXPECT_EQ(ReadFrom(2), Records{"b"});
}

TEST_F(ChangeLogTest, TheRemainsOfARecordAreCutOff) {
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(Append({"a"}).ok());
  log_.reset();
  const std::string path = dir_.path() + "/log/00000000000000000001.segment";
  ASSERT_TRUE(WriteFileSynced(path, *ReadFile(path) + "half a record").ok());

  ASSERT_TRUE(Open().ok());

  ASSERT_TRUE(Append({"b"}).ok());
  EXPECT_EQ(ReadFrom(1), (Records{"a", "b"}));
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(ReadFrom(1), (Records{"a", "b"}));
}

TEST_F(ChangeLogTest, ASegmentOfALaterReleaseIsRefusedByName) {
  ASSERT_TRUE(Open().ok());
  log_.reset();
  const std::string path = dir_.path() + "/log/00000000000000000001.segment";
  std::string bytes = *ReadFile(path);
  bytes[8] = 2;
  ASSERT_TRUE(WriteFileSynced(path, bytes).ok());

  EXPECT_EQ(
      Open().message(),
      fmt::format("'{}' is of format 2, this release reads up to 1", path));
}

TEST_F(ChangeLogTest, WhatIsSplitIsTrimmedApart) {
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(*log_->Split(0), 1U);
  EXPECT_EQ(*log_->Split(5), 1U);  // There is nothing.
  EXPECT_EQ(Segments(), 1U);
  ASSERT_TRUE(Append({"a", "b", "c"}).ok());
  ASSERT_TRUE(log_->Trim(4).ok());
  EXPECT_EQ(log_->first(), 1U);

  // "c" is with them already.
  EXPECT_EQ(*log_->Split(2), 4U);
  EXPECT_EQ(*log_->Split(2), 4U);
  EXPECT_EQ(Segments(), 2U);
  ASSERT_TRUE(Open().ok());  // Also before anything follows.
  EXPECT_EQ(ReadFrom(1), (Records{"a", "b", "c"}));
  ASSERT_TRUE(Append({"d"}).ok());
  EXPECT_EQ(*log_->Split(1), 4U);
  EXPECT_EQ(Segments(), 2U);
  ASSERT_TRUE(log_->Trim(3).ok());
  EXPECT_EQ(log_->first(), 1U);
  ASSERT_TRUE(log_->Trim(4).ok());

  EXPECT_EQ(log_->first(), 4U);
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(ReadFrom(4), Records{"d"});
}

TEST_F(ChangeLogTest, ASplitThatFailsEndsTheLog) {
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(Append({"a"}).ok());
  ASSERT_TRUE(ArmFailpoints("change_log.before_segment=error").ok());
  EXPECT_FALSE(log_->Split(1).ok());
  ASSERT_TRUE(ArmFailpoints("").ok());
  EXPECT_FALSE(Append({"b"}).ok());
  EXPECT_FALSE(log_->Split(1).ok());
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(ReadFrom(1), Records{"a"});
}

}  // namespace
}  // namespace freshet
