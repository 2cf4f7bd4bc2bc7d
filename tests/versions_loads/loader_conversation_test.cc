// SPDX-License-Identifier: Apache-2.0
#include "versions/loads/loader_conversation.h"

#include <functional>
#include <vector>

#include "gtest/gtest.h"

namespace freshet {
namespace {

class LoaderConversationTest : public testing::Test {
 protected:
  // What one more record adds to advances().
  int64_t Advances(const LoadProgress& record) {
    const int64_t before = talk_.advances();
    EXPECT_TRUE(talk_.TakeOutput(SerializeLoadProgress(record)).ok());
    return talk_.advances() - before;
  }

  LoaderConversation talk_{[](const auto&) { return absl::OkStatus(); }};
};

TEST_F(LoaderConversationTest, EveryCountAndThePhaseAreProgress) {
  const std::vector<std::function<void(LoadProgress&)>> changes = {
      [](LoadProgress& p) { p.phase = LoadPhase::kReading; },
      [](LoadProgress& p) { ++p.rows; }, [](LoadProgress& p) { ++p.bytes; },
      [](LoadProgress& p) { ++p.bytes_written; },
      [](LoadProgress& p) { ++p.work; }};
  LoadProgress record;
  EXPECT_EQ(Advances(record), 1);
  for (const auto& change : changes) {
    change(record);
    EXPECT_EQ(Advances(record), 1);
  }
}

TEST_F(LoaderConversationTest, ARecordThatOnlyRepeatsIsNoProgress) {
  LoadProgress record;
  record.phase = LoadPhase::kReading;
  record.rows = 7;
  record.work = 9;
  EXPECT_EQ(Advances(record), 1);
  EXPECT_EQ(Advances(record), 0);
  record.rss_bytes = 1 << 30;
  EXPECT_EQ(Advances(record), 0);
}

TEST_F(LoaderConversationTest, HalfARecordIsNoProgressYet) {
  const std::string line = SerializeLoadProgress(LoadProgress());
  ASSERT_TRUE(talk_.TakeOutput(line.substr(0, line.size() - 1)).ok());
  EXPECT_EQ(talk_.advances(), 0);
  ASSERT_TRUE(talk_.TakeOutput("\n").ok());
  EXPECT_EQ(talk_.advances(), 1);
}

}  // namespace
}  // namespace freshet
