// SPDX-License-Identifier: Apache-2.0
// Event times, from the file to the row and the version's as_of.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/timestamp.h"
#include "tests/loader/load_kit.h"

namespace freshet {
namespace {

// The as_of of a load on 2013-12-31T12:00:00Z of rows with these times.
std::string AsOf(const std::vector<std::string>& times) {
  LoadKit kit({{"id", "int64"}}, {});
  kit.spec().now_micros = *ParseTimestamp("2013-12-31T12:00:00Z");
  std::string csv = "id,ts\n";
  for (const std::string& time : times) {
    csv += std::to_string(csv.size()) + "," + time + "\n";
  }
  kit.Write("part.csv", csv);
  EXPECT_EQ(kit.Load(), absl::OkStatus());
  return FormatTimestamp(kit.manifest().as_of_micros);
}

TEST(AsOfTest, IsTheGreatestEventTimeThatIsNotAfterNow) {
  EXPECT_EQ(AsOf({"2013-12-30T00:00:00Z", "2013-12-31T00:00:00Z",
                  "2013-12-29T00:00:00Z"}),
            "2013-12-31T00:00:00Z");
  EXPECT_EQ(AsOf({"2013-12-31T12:00:00Z", "2013-12-31T12:00:00.000001Z"}),
            "2013-12-31T12:00:00Z");
}

TEST(AsOfTest, OneRowOfTheFutureDoesNotMakeASnapshotLookFresh) {
  EXPECT_EQ(AsOf({"2014-05-01T00:00:00Z", "2013-12-30T00:00:00Z",
                  "2100-01-01T00:00:00Z"}),
            "2013-12-30T00:00:00Z");
  EXPECT_EQ(AsOf({"1950-01-01T00:00:00Z", "2100-01-01T00:00:00Z"}),
            "1950-01-01T00:00:00Z");
}

TEST(AsOfTest, IsNowWhereEveryRowIsOfTheFuture) {
  EXPECT_EQ(AsOf({"2014-05-01T00:00:00Z"}), "2013-12-31T12:00:00Z");
}

TEST(AsOfTest, TheManifestStillSaysTheGreatestEventTime) {
  LoadKit kit({{"id", "int64"}}, {});
  kit.Write("part.csv",
            "id,ts\n1,2013-12-30T00:00:00Z\n2,2100-01-01T00:00:00Z\n");
  ASSERT_EQ(kit.Load(), absl::OkStatus());
  EXPECT_EQ(FormatTimestamp(kit.manifest().event_time_max_micros),
            "2100-01-01T00:00:00Z");
}

}  // namespace
}  // namespace freshet
