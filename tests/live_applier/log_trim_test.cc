// SPDX-License-Identifier: Apache-2.0
#include "ingest/change_log/log_trim.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "storage/change_log/change_log.h"
#include "tests/fakes/temp_dir.h"

namespace freshet {
namespace {

constexpr int64_t kMuch = int64_t{1} << 40;

// A log of six records, each a segment.
class LogTrimTest : public testing::Test {
 protected:
  LogTrimTest() {
    auto log = ChangeLog::Open(dir_.path() + "/log", {.segment_bytes = 1});
    EXPECT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
    for (int i = 0; i < 6; ++i) {
      const std::string record(100, 'x');
      const std::string_view view = record;
      EXPECT_TRUE(log_->Append({&view, 1}).ok());
    }
  }

  LogTrim::Options Options(int64_t copied_bytes_max,
                           int64_t free_bytes_min = 0) const {
    return {.dir = dir_.path(),
            .copied_bytes_max = copied_bytes_max,
            .free_bytes_min = free_bytes_min};
  }

  TempDir dir_;
  std::unique_ptr<ChangeLog> log_;
};

TEST_F(LogTrimTest, NothingStaysForNobody) {
  LogTrim trim(*log_, Options(0));
  ASSERT_TRUE(trim.Trim(4).ok());
  EXPECT_EQ(log_->first(), 4U);
}

TEST_F(LogTrimTest, Rule23WhatIsNotCopiedStays) {
  LogTrim trim(*log_, Options(kMuch));
  ASSERT_TRUE(trim.Trim(4).ok());
  EXPECT_EQ(log_->first(), 1U);  // Nobody has said anything yet.
  trim.Copied(3);
  ASSERT_TRUE(trim.Trim(4).ok());
  EXPECT_EQ(log_->first(), 3U);
  trim.Copied(7);
  ASSERT_TRUE(trim.TrimAgain(std::numeric_limits<uint64_t>::max()).ok());
  EXPECT_EQ(log_->first(), 4U);  // The rest is needed otherwise.
}

TEST_F(LogTrimTest, WhatIsNeededAgainStays) {
  LogTrim trim(*log_, Options(kMuch));
  ASSERT_TRUE(trim.Trim(5).ok());
  trim.Copied(7);
  ASSERT_TRUE(trim.TrimAgain(2).ok());
  EXPECT_EQ(log_->first(), 2U);
  ASSERT_TRUE(trim.Trim(3).ok());
  EXPECT_EQ(log_->first(), 3U);
  ASSERT_TRUE(trim.TrimAgain(7).ok());
  EXPECT_EQ(log_->first(), 5U);  // As it was asked for once.
}

TEST_F(LogTrimTest, ALogThatIsTooLongGoesSegmentBySegment) {
  const int64_t segment = log_->bytes() / 6;
  LogTrim trim(*log_, Options(3 * segment));
  ASSERT_TRUE(trim.Trim(6).ok());
  EXPECT_EQ(log_->first(), 4U);
  EXPECT_LE(log_->bytes(), 3 * segment);
}

TEST_F(LogTrimTest, ADiskThatIsShortIsNotFilledForWhoCopies) {
  LogTrim trim(*log_, Options(kMuch, std::numeric_limits<int64_t>::max()));
  ASSERT_TRUE(trim.Trim(3).ok());
  EXPECT_EQ(log_->first(), 3U);  // No more than what nothing else needs.
}

TEST_F(LogTrimTest, ASegmentEndsWhereTheNextOneBegins) {
  EXPECT_EQ(log_->SegmentEnd(1), 2U);
  EXPECT_EQ(log_->SegmentEnd(6), 7U);
}

}  // namespace
}  // namespace freshet
