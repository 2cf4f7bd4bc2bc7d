// SPDX-License-Identifier: Apache-2.0
// Which records of the change log are written where, whatever ends when. That
// an order makes its files, and the same ones again, is tests/log_export's.
#include "server/event_export/event_exporter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/mutex.h"
#include "features/check.h"
#include "ingest/change_log/log_trim.h"
#include "ingest/live/live_erasure.h"
#include "server/push/live_state.h"
#include "storage/change_log/change_log.h"
#include "tests/event_export/script_child.h"
#include "tests/live_applier/live_kit.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

constexpr int64_t kNow = 16'000 * kDay + 5 * kHour;
constexpr char kKilled[] = "kill -9 $$";

const std::string kFile =
    std::string(kPaymentsFile) + R"yaml(stream_feature_views:
  - name: counts
    entities: [user]
    source: payments
    duplicates: counted
    aggregations: [{functions: [count], windows: [1h]}]
)yaml";

class EventExporterTest : public testing::Test {
 protected:
  EventExporterTest() {
    const ParsedFile file = ParseAndCheck(kFile);
    EXPECT_EQ(FormatProblems("", file.problems), "");
    definitions_ = file.definitions;
    settings_.storage.directory = dir_.File("store");
    settings_.event_export.directory = dir_.File("events");
    settings_.event_export.every_s = 24 * 3'600;  // When it is asked for.
    settings_.load.loader = child_.path();
    for (const char* made : {"store", "events", "elsewhere"}) {
      EXPECT_TRUE(MakeDir(dir_.File(made)).ok());
    }
  }

  void Open() {
    live_.emplace(
        settings_, [](const std::string&, bool) {}, clock_);
    ASSERT_EQ(live_->Serve({definitions_}, resources_).message, "");
  }
  // Once the first that it does by itself is done.
  absl::Status Begin() {
    if (!live_) Open();
    exporter_.emplace(
        EventExporter::Parts{.live = &*live_,
                             .clock = &clock_,
                             .settings = settings_.event_export,
                             .load = settings_.load,
                             .storage_dir = settings_.storage.directory,
                             .say = [this](const std::string& said, bool) {
                               MutexLock lock(mu_);
                               said_.push_back(said);
                             }});
    return Export();
  }
  // Ends as a daemon that was killed once the child was done, and before it was
  // written down that it was.
  void EndBeforeItIsNoted() {
    exporter_.reset();
    std::filesystem::copy_file(
        dir_.File("begun"), StatePath(),
        std::filesystem::copy_options::overwrite_existing);
  }
  std::string StatePath() const { return dir_.File("store/event_export"); }

  absl::Status Export() {
    return exporter_->ExportNow([] { return true; });
  }
  const ChangeLog& log() { return live_->views()->upkeep().log(); }
  LogTrim& trim() { return live_->views()->upkeep().trim(); }

  void Push(int records) {
    for (int i = 0; i < records; ++i) {
      ASSERT_TRUE(
          SubmitPushed(*live_->views(), {{.at = clock_.NowMicros() - 1}}).ok());
    }
  }
  // What was appended until now stands in segments of its own from then on,
  // which nothing needs but who copies them.
  void LetGo() {
    LiveErasure& erasure = live_->views()->erasure();
    ASSERT_TRUE(erasure
                    .Forget({.entity = "user",
                             .join_keys = {{"user", {.kind = Kind::kString}}},
                             .keys = {{Value("nobody")}}},
                            *live_->views())
                    .ok());
    std::atomic<bool> canceled = false;
    const auto served = live_->views()->served();
    ASSERT_TRUE(erasure.Erase(clock_.NowMicros(), *served, canceled).ok());
  }

  // Of the child, each once, however often it was given.
  std::vector<std::pair<uint64_t, uint64_t>> Written(
      const std::string& directory) const {
    std::set<std::pair<uint64_t, uint64_t>> orders;
    for (const ExportOrder& order : child_.Orders()) {
      if (order.directory != dir_.File(directory)) continue;
      if (order.from < order.until) orders.emplace(order.from, order.until);
    }
    return {orders.begin(), orders.end()};
  }
  std::vector<std::string> said() {
    MutexLock lock(mu_);
    return said_;
  }

  TempDir dir_;
  // It notes what is on disk of what it is ordered.
  ScriptChild child_{"cp " + StatePath() + " " + dir_.File("begun")};
  StoreResources resources_{8 << 20};
  ManualClock clock_{kNow};
  Definitions definitions_;
  Settings settings_;
  std::optional<LiveState> live_;
  Mutex mu_;
  std::vector<std::string> said_ ABSL_GUARDED_BY(mu_);
  std::optional<EventExporter> exporter_;  // Ends first.
};

TEST_F(EventExporterTest, Rule23EachRecordIsOrderedOnceWhateverEndsWhen) {
  ASSERT_TRUE(Begin().ok());
  std::mt19937_64 random(20'131'231);
  int killed = 0;
  int trimmed = 0;
  for (int step = 0; step < 120; ++step) {
    const uint64_t what = random() % 8;
    const auto written = Written("events");
    const bool is_new =
        log().next() > (written.empty() ? 1 : written.back().second);
    if (what < 3) {
      Push(static_cast<int>(random() % 4));
    } else if (what == 3 && is_new) {
      child_.Does(kKilled);
      EXPECT_TRUE(absl::IsAborted(Export()));
      child_.Succeeds();
      ++killed;
    } else if (what == 4) {
      exporter_.reset();
      ASSERT_TRUE(Begin().ok());
    } else if (what == 5) {
      const uint64_t first = log().first();
      LetGo();
      trimmed += log().first() > first ? 1 : 0;
    } else {
      ASSERT_TRUE(Export().ok());
      if (what == 6 && is_new) {
        EndBeforeItIsNoted();
        ASSERT_TRUE(Begin().ok());
      }
    }
  }
  ASSERT_TRUE(Export().ok());

  uint64_t next = 1;
  for (const auto& [from, until] : Written("events")) {
    EXPECT_EQ(from, next);
    next = until;
  }
  EXPECT_EQ(next, log().next());
  std::set<uint64_t> logs;
  for (const ExportOrder& order : child_.Orders()) logs.insert(order.log_id);
  EXPECT_THAT(logs, SizeIs(1));
  EXPECT_EQ(exporter_->stats().records_left, 0);
  EXPECT_EQ(exporter_->stats().lost_records, 0);
  EXPECT_EQ(exporter_->stats().complete_micros, kNow);
  EXPECT_GT(killed, 5);
  EXPECT_GT(trimmed, 5);
}

TEST_F(EventExporterTest, AnOrderIsOfOneSegment) {
  Open();
  Push(2);
  LetGo();  // And a record that says what time it is.
  Push(2);
  ASSERT_TRUE(Begin().ok());
  EXPECT_THAT(Written("events"), ElementsAre(Pair(1U, 3U), Pair(3U, 6U)));
}

TEST_F(EventExporterTest, Rule23TheLogKeepsWhatIsInNoFile) {
  Open();
  Push(3);
  child_.Does(kKilled);
  EXPECT_FALSE(Begin().ok());
  LetGo();
  EXPECT_EQ(log().first(), 1U);
  EXPECT_EQ(exporter_->stats().records_left, 4);

  child_.Succeeds();
  ASSERT_TRUE(Export().ok());

  EXPECT_EQ(exporter_->stats().records_left, 0);
  ASSERT_TRUE(live_->views()->upkeep().Tidy().ok());
  EXPECT_EQ(log().first(), 4U);
}

TEST_F(EventExporterTest, EachSegmentThatIsInFilesMayGo) {
  Open();
  Push(2);
  LetGo();
  Push(1);
  child_.Does(
      "case $order in *'\"from\":\"0000000000000003\"'*) exit 1;; esac\n" +
      ScriptChild::Saying({.is_last = true}));
  EXPECT_FALSE(Begin().ok());
  EXPECT_THAT(Written("events"), ElementsAre(Pair(1U, 3U), Pair(3U, 5U)));
  ASSERT_TRUE(live_->views()->upkeep().Tidy().ok());
  EXPECT_EQ(log().first(), 3U);
}

TEST_F(EventExporterTest, AfterARestartWhatIsInFilesMayGo) {
  Open();
  Push(3);
  ASSERT_TRUE(Begin().ok());
  exporter_.reset();
  live_.reset();
  ASSERT_TRUE(Begin().ok());
  ASSERT_THAT(child_.Orders(), SizeIs(1));
  LetGo();
  EXPECT_EQ(log().first(), 4U);
}

TEST_F(EventExporterTest, WhatWasBegunIsWrittenWhereItWasBegun) {
  Open();
  Push(3);
  child_.Does(kKilled);
  EXPECT_FALSE(Begin().ok());
  exporter_.reset();
  Push(2);
  settings_.event_export.directory = dir_.File("elsewhere");
  child_.Succeeds();

  ASSERT_TRUE(Begin().ok());

  EXPECT_THAT(Written("events"), ElementsAre(Pair(1U, 4U)));
  EXPECT_THAT(Written("elsewhere"), ElementsAre(Pair(4U, 6U)));
}

TEST_F(EventExporterTest,
       WhatWasBegunInADirectoryThatIsGoneIsWrittenElsewhere) {
  Open();
  Push(3);
  child_.Does(kKilled);
  EXPECT_FALSE(Begin().ok());
  exporter_.reset();
  std::filesystem::remove(dir_.File("events"));
  Push(2);
  settings_.event_export.directory = dir_.File("elsewhere");
  child_.Succeeds();

  ASSERT_TRUE(Begin().ok());

  // It may come back: files never change.
  EXPECT_THAT(Written("elsewhere"), ElementsAre(Pair(1U, 4U), Pair(4U, 6U)));
}

TEST_F(EventExporterTest, WhatTheLogLetGoOfIsCountedAndSaidOnce) {
  settings_.event_export.log_bytes_max = 1;  // Nothing waits for it.
  Open();
  Push(1);
  ASSERT_TRUE(Begin().ok());
  child_.Does(kKilled);
  Push(3);
  EXPECT_FALSE(Export().ok());
  LetGo();
  ASSERT_EQ(log().first(), 5U);
  Push(1);
  LetGo();  // Beyond what was begun.
  ASSERT_EQ(log().first(), 7U);
  child_.Succeeds();
  Push(1);

  ASSERT_TRUE(Export().ok());

  EXPECT_EQ(exporter_->stats().lost_records, 5);
  EXPECT_THAT(Written("events"),
              ElementsAre(Pair(1U, 2U), Pair(2U, 5U), Pair(7U, 9U)));
  exporter_.reset();
  ASSERT_TRUE(Begin().ok());
  EXPECT_EQ(exporter_->stats().lost_records, 5);
  EXPECT_THAT(said(), ElementsAre(HasSubstr("ended by signal 9"),
                                  HasSubstr("5 records of the change log are "
                                            "in no file")));
}

TEST_F(EventExporterTest, WhatIsLetGoOfWhileItIsWrittenIsLostAndTheRestGoesOn) {
  settings_.event_export.log_bytes_max = 1;
  Open();
  Push(2);
  const std::string begun = dir_.File("is_written");
  const std::string gone = dir_.File("is_gone");
  child_.Does("touch " + begun + "; until [ -e " + gone +
              " ]; do sleep 0.01; done; exit 1");
  std::thread lets_go([&] {
    while (!PathExists(begun)) std::this_thread::yield();
    LetGo();
    EXPECT_TRUE(WriteFileSynced(gone, "").ok());
  });

  EXPECT_TRUE(Begin().ok());

  lets_go.join();
  EXPECT_EQ(exporter_->stats().lost_records, 2);
  child_.Succeeds();
  ASSERT_TRUE(Export().ok());
  EXPECT_THAT(Written("events"), ElementsAre(Pair(1U, 3U), Pair(3U, 4U)));
}

TEST_F(EventExporterTest, OfAnotherLogItBeginsAnew) {
  Open();
  Push(5);
  ASSERT_TRUE(Begin().ok());
  exporter_.reset();
  live_.reset();
  std::filesystem::remove_all(dir_.File("store/change_log"));
  std::filesystem::remove_all(dir_.File("store/live"));
  Open();
  Push(7);  // More: by its length it could be the one before.

  ASSERT_TRUE(Begin().ok());

  ASSERT_THAT(child_.Orders(), SizeIs(2));
  EXPECT_EQ(child_.Orders()[1].from, 1U);
  EXPECT_EQ(child_.Orders()[1].until, 8U);
  EXPECT_NE(child_.Orders()[0].log_id, child_.Orders()[1].log_id);
}

TEST_F(EventExporterTest, WhatIsDoneIsNotGuessed) {
  Open();
  Push(1);
  ASSERT_TRUE(Begin().ok());
  exporter_.reset();
  ASSERT_TRUE(WriteFileSynced(StatePath(), "{}").ok());
  Push(1);

  const absl::Status status = Begin();

  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("remove it"));
  EXPECT_THAT(Written("events"), ElementsAre(Pair(1U, 2U)));
  EXPECT_FALSE(Export().ok());
  EXPECT_THAT(said(), SizeIs(1)) << "the same is said once";
  EXPECT_GE(exporter_->stats().failures, 2);
  std::filesystem::remove(StatePath());
  ASSERT_TRUE(Export().ok());
  EXPECT_TRUE(exporter_->stats().status.ok());
}

TEST_F(EventExporterTest, OldFilesGoAlsoWhereNothingComes) {
  settings_.event_export.keep_s = 7 * 24 * 3'600;
  Open();
  Push(1);
  ASSERT_TRUE(Begin().ok());
  ASSERT_THAT(child_.Orders(), SizeIs(1));
  EXPECT_EQ(child_.Orders()[0].keep_from_micros, kNow - 7 * kDay);
  clock_.Advance(kHour - 1);
  ASSERT_TRUE(Export().ok());
  EXPECT_THAT(child_.Orders(), SizeIs(1));
  clock_.Advance(1);
  ASSERT_TRUE(Export().ok());
  ASSERT_THAT(child_.Orders(), SizeIs(2));
  EXPECT_EQ(child_.Orders()[1].from, child_.Orders()[1].until);
  EXPECT_EQ(child_.Orders()[1].keep_from_micros, kNow + kHour - 7 * kDay);
}

TEST_F(EventExporterTest, AnOrderSaysWhichFieldsAreTimeAndId) {
  definitions_.stream_sources[0].id_field = "id";
  Open();
  Push(1);
  ASSERT_TRUE(Begin().ok());
  EXPECT_THAT(
      child_.Orders()[0].sources,
      ElementsAre(Pair("payments", ExportedSource{.timestamp_field = "at",
                                                  .id_field = "id"})));
}

TEST_F(EventExporterTest, WithoutADirectoryNothingIsWritten) {
  settings_.event_export.directory.clear();
  const absl::Status status = Begin();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(child_.Orders(), IsEmpty());
}

TEST_F(EventExporterTest, WhoeverDoesNotWaitHoldsNothingUp) {
  ASSERT_TRUE(Begin().ok());
  Push(1);
  EXPECT_TRUE(absl::IsCancelled(exporter_->ExportNow([] { return false; })));
  ASSERT_TRUE(Export().ok());
  EXPECT_THAT(Written("events"), ElementsAre(Pair(1U, 2U)));
}

}  // namespace
}  // namespace freshet
