// SPDX-License-Identifier: Apache-2.0
// What is left of somebody who is to be forgotten: in answers, and on disk.
#include "ingest/live/live_erasure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/mutex.h"
#include "features/check.h"
#include "features/key_codec.h"
#include "ingest/change_log/log_trim.h"
#include "ingest/live/live_views.h"
#include "storage/change_log/change_log.h"
#include "storage/row_batch.h"
#include "tests/live_applier/live_kit.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr int64_t kNow = 16'000 * kDay + 5 * kHour;

const std::string kFile =
    std::string(kPaymentsFile) + R"yaml(batch_feature_views:
  - name: last
    entities: [user]
    live: {source: payments}
    features: [{name: cents, type: int64}]
stream_feature_views:
  - name: counts
    entities: [user]
    source: payments
    duplicates: counted
    aggregations: [{functions: [count], windows: [1h, 7d]}]
  - name: pairs
    entities: [user, item]
    source: payments
    duplicates: counted
    aggregations: [{functions: [count], windows: [1h]}]
)yaml";

// Tells when it is asked, on whichever thread.
class TestClock final : public Clock {
 public:
  int64_t NowMicros() const override {
    MutexLock lock(mu_);
    if (asked_) asked_();
    return time_.NowMicros();
  }
  void Set(int64_t now_micros) { time_.Set(now_micros); }
  void Tell(std::function<void()> asked) {
    MutexLock lock(mu_);
    asked_ = std::move(asked);
  }

 private:
  ManualClock time_{kNow};
  mutable Mutex mu_;
  std::function<void()> asked_ ABSL_GUARDED_BY(mu_);
};

class LiveErasureTest : public testing::Test {
 protected:
  void SetUp() override {
    Define(kFile);
    Open();
  }
  void TearDown() override { ASSERT_TRUE(ArmFailpoints("").ok()); }

  void Define(const std::string& text) {
    ParsedFile file = ParseAndCheck(text);
    ASSERT_EQ(FormatProblems("", file.problems), "");
    definitions_ = std::move(file.definitions);
  }

  AppliedViews Applied() const {
    ViewSchema schema;
    schema.schema = RowSchema(1, {{"user", {.kind = Kind::kString}}},
                              {{1, "cents", {.kind = Kind::kInt64}}});
    return {definitions_, {{"last", schema}}};
  }

  void Open() {
    views_.reset();
    auto opened = LiveViews::Open(options_, Applied(), resources_, clock_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    views_ = *std::move(opened);
  }

  // Opens what a crash leaves.
  void Crash() {
    EndAsByACrash(options_.dir, views_);
    Open();
  }

  void Submit(const std::vector<Payment>& payments) {
    ASSERT_TRUE(SubmitPushed(*views_, payments).ok());
  }
  void Submit(const std::string& user, int64_t item) {
    Submit({{.user = user, .at = clock_.NowMicros() - kSecond, .id = item}});
  }

  absl::StatusOr<std::vector<ErasedEntity>> ForgetUsers(
      const std::vector<std::string>& users) {
    LiveErasure::Request request = {
        .entity = "user",
        .join_keys = {{"user", {.kind = Kind::kString}}},
        .views = {"last", "counts", "pairs"},
        .who = "ada"};
    for (const std::string& user : users) request.keys.push_back({Value(user)});
    return views_->erasure().Forget(request, *views_->served());
  }

  absl::StatusOr<std::vector<ErasedEntity>> ForgetItems(
      const std::vector<int64_t>& items) {
    LiveErasure::Request request = {
        .entity = "item",
        .join_keys = {{"id", {.kind = Kind::kInt64}}},
        .views = {"pairs"},
        .who = "ada"};
    for (const int64_t item : items) request.keys.push_back({Value(item)});
    return views_->erasure().Forget(request, *views_->served());
  }

  std::vector<ErasedEntity> Erase() {
    std::atomic<bool> canceled = false;
    auto gone = views_->erasure().Erase(clock_.NowMicros(), *views_->served(),
                                        canceled);
    EXPECT_TRUE(gone.ok()) << gone.status();
    return gone.ok() ? *gone : std::vector<ErasedEntity>();
  }

  LiveWindows WindowsOf(const std::string& view) {
    for (const LiveWindows& windows : views_->served()->windows) {
      if (windows.name == view) return windows;
    }
    ADD_FAILURE() << "no view " << view;
    return {};
  }

  // Of the last hour.
  int64_t Count(const std::string& view, const std::string& key) {
    const LiveWindows windows = WindowsOf(view);
    return std::get<int64_t>(
        FeaturesIn(windows.plan, *windows.generation, key, clock_.NowMicros())
            .at(0)
            .v);
  }
  int64_t Count(const std::string& user) { return Count("counts", user); }
  int64_t Pairs(const std::string& user, int64_t item) {
    std::string key;
    AppendKeyBytes(user, /*last=*/false, &key);
    AppendKeyInt64(item, &key);
    return Count("pairs", key);
  }
  bool HasRow(const std::string& user) {
    RowBatch rows;
    const std::vector<std::string_view> keys = {user};
    const LiveGeneration& live = *views_->served()->rows.at(0).generation;
    live.LookupCached(keys, rows);
    live.LookupDisk(keys, rows);
    return rows.state(0) == RowBatch::State::kFound;
  }

  // Files that have these bytes, but for RocksDB's list of its files: it has
  // the keys at their edges.
  std::vector<std::string> FilesWith(const std::string& bytes) {
    std::vector<std::string> found;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(options_.dir)) {
      const std::string name = entry.path().filename().string();
      if (!entry.is_regular_file() || name.starts_with("MANIFEST")) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string all{std::istreambuf_iterator<char>(file), {}};
      if (all.find(bytes) != std::string::npos) {
        found.push_back(entry.path().extension().string());
      }
    }
    return found;
  }

  TempDir dir_;
  StoreResources resources_{8 << 20};
  TestClock clock_;
  Definitions definitions_;
  LiveViews::Options options_ = {.dir = dir_.path()};
  std::unique_ptr<LiveViews> views_;
};

TEST_F(LiveErasureTest, NothingOfThemIsAnsweredAndAllOfOthers) {
  for (const char* user : {"an", "ann", "anna", "bob"}) {
    Submit(user, 1);
    Submit(user, 2);
  }

  const auto forgotten = ForgetUsers({"ann"});

  ASSERT_TRUE(forgotten.ok()) << forgotten.status();
  ASSERT_THAT(*forgotten, SizeIs(1));
  EXPECT_THAT((*forgotten)[0].views, ElementsAre("counts", "last", "pairs"));
  for (const bool crashed : {false, true}) {
    if (crashed) Crash();
    EXPECT_EQ(Count("ann"), 0);
    EXPECT_EQ(Pairs("ann", 1) + Pairs("ann", 2), 0);
    EXPECT_FALSE(HasRow("ann"));
    for (const char* user : {"an", "anna", "bob"}) {
      EXPECT_EQ(Count(user), 2);
      EXPECT_EQ(Pairs(user, 1) + Pairs(user, 2), 2);
      EXPECT_TRUE(HasRow(user));
    }
  }
}

TEST_F(LiveErasureTest, WhatComesAfterwardsCounts) {
  Submit("ann", 1);
  ASSERT_TRUE(ForgetUsers({"ann"}).ok());
  Submit("ann", 1);
  for (const bool crashed : {false, true}) {
    if (crashed) Crash();
    EXPECT_EQ(Count("ann"), 1);
    EXPECT_EQ(Pairs("ann", 1), 1);
    EXPECT_TRUE(HasRow("ann"));
  }
  EXPECT_THAT(Erase(), SizeIs(1));
  EXPECT_EQ(Count("ann"), 1);
}

TEST_F(LiveErasureTest, AnEntityThatDoesNotComeFirstInTheKeyIsFound) {
  for (const char* user : {"ann", "bob"}) {
    for (const int64_t item : {-1, 1, 2, 3}) Submit(user, item);
  }
  const auto forgotten = ForgetItems({3, 1, 1});
  ASSERT_TRUE(forgotten.ok()) << forgotten.status();
  EXPECT_THAT(*forgotten, SizeIs(2));
  for (const char* user : {"ann", "bob"}) {
    EXPECT_EQ(Pairs(user, 1) + Pairs(user, 3), 0);
    EXPECT_EQ(Pairs(user, -1) + Pairs(user, 2), 2);
    EXPECT_EQ(Count(user), 4);  // Not of items.
  }
}

TEST_F(LiveErasureTest, ManyAreForgottenAtOnce) {
  std::vector<std::string> users;
  std::vector<Payment> payments;
  for (int i = 0; i < 500; ++i) {
    users.push_back(std::to_string(i));
    payments.push_back({.user = users.back(), .at = kNow - 1, .id = 1});
  }
  payments.push_back({.user = "1000", .at = kNow - 1, .id = 1});
  Submit(payments);
  ASSERT_TRUE(ForgetUsers(users).ok());
  for (const std::string& user : users) EXPECT_EQ(Count(user), 0) << user;
  EXPECT_EQ(Count("1000"), 1);
}

// Neither are their keys held in memory all at once: as many as a record has.
TEST_F(LiveErasureTest, EventsAreTakenWhileManyKeysAreForgotten) {
  const std::string name(400, 'x');
  for (int i = 0; i < 20'000;) {  // 8 MB of keys.
    std::vector<Payment> payments;
    for (const int end = i + 4'000; i < end; ++i) {
      payments.push_back(
          {.user = name + std::to_string(i), .at = kNow - 1, .id = 1});
    }
    Submit(payments);
  }
  const ChangeLog& log = views_->upkeep().log();
  const uint64_t first_record = log.next();
  const std::vector<Payment> later = {{.user = name, .at = kNow - 1, .id = 2}};
  std::promise<uint64_t> taken;
  bool pushed = false;
  clock_.Tell([&] {
    if (pushed || log.next() == first_record) return;
    pushed = true;
    LoggedEvents events = PaymentEvents(later, 0, 0);
    events.events.partitions.clear();
    events.events.offsets.clear();
    views_->Submit(std::move(events), [&](const absl::Status& status) {
      EXPECT_TRUE(status.ok()) << status;
      taken.set_value(log.next());
    });
  });

  const auto forgotten = ForgetItems({1});

  clock_.Tell(nullptr);
  ASSERT_TRUE(forgotten.ok()) << forgotten.status();
  ASSERT_GT(log.next(), first_record + 8);
  EXPECT_LT(taken.get_future().get(), log.next());
  EXPECT_EQ(Pairs(name + "0", 1) + Pairs(name + "19999", 1), 0);
  EXPECT_EQ(Pairs(name, 2), 1);
  ASSERT_THAT(views_->erasure().List(), SizeIs(1));
  const ErasedEntity erased = views_->erasure().List().front();
  EXPECT_TRUE(erased.deleted);
  EXPECT_THAT(erased.views, ElementsAre("pairs"));
  EXPECT_EQ(erased.last_record, log.next() - 1);
  Crash();
  EXPECT_EQ(Pairs(name + "0", 1) + Pairs(name + "19999", 1), 0);
}

TEST_F(LiveErasureTest, NothingOfThemIsOnDiskOnceItIsErased) {
  const std::string user = "unmistakable";
  Submit("a", 1);  // Keys at the edges of files stand elsewhere, too.
  Submit(user, 1);
  Submit("z", 1);
  Crash();
  EXPECT_THAT(FilesWith(user), Not(IsEmpty()));
  ASSERT_TRUE(ForgetUsers({user}).ok());
  EXPECT_THAT(FilesWith(user), Not(IsEmpty()));
  const auto listed = views_->erasure().List();
  ASSERT_THAT(listed, SizeIs(1));
  EXPECT_EQ(listed[0].who, "ada");
  EXPECT_EQ(listed[0].at_micros, kNow);
  Crash();
  EXPECT_THAT(views_->erasure().List(), SizeIs(1));

  const auto gone = Erase();

  ASSERT_THAT(gone, SizeIs(1));
  EXPECT_EQ(gone[0].hash, listed[0].hash);
  EXPECT_THAT(views_->erasure().List(), IsEmpty());
  EXPECT_THAT(FilesWith(user), IsEmpty());
  EXPECT_EQ(Count("a") + Count("z"), 2);
  Submit("z", 1);
  Crash();
  EXPECT_THAT(FilesWith(user), IsEmpty());
  EXPECT_EQ(Count("a") + Count("z"), 3);
  EXPECT_THAT(Erase(), IsEmpty());
}

// It is whole events that wait.
TEST_F(LiveErasureTest, NothingIsLeftOfWhatWaitedForItsTime) {
  Submit({{.user = "unmistakable", .at = kNow + kMinute, .id = 1}});
  ASSERT_TRUE(views_->Apply(Applied()).ok());  // It waits in a file.
  Crash();
  clock_.Set(kNow + 2 * kMinute);
  ASSERT_TRUE(views_->Release().ok());
  EXPECT_EQ(Count("unmistakable"), 1);
  ASSERT_TRUE(ForgetUsers({"unmistakable"}).ok());
  EXPECT_THAT(Erase(), SizeIs(1));
  EXPECT_THAT(FilesWith("unmistakable"), IsEmpty());
}

TEST_F(LiveErasureTest, TheLogIsTrimmedAlsoWhereEventsCameMeanwhile) {
  Submit("unmistakable", 1);
  ASSERT_TRUE(ForgetUsers({"unmistakable"}).ok());
  for (int i = 0; i < 3; ++i) Submit("bob", i);
  EXPECT_THAT(Erase(), SizeIs(1));
  EXPECT_THAT(FilesWith("unmistakable"), IsEmpty());
  Submit("bob", 4);
  Crash();
  EXPECT_EQ(Count("bob"), 4);
}

TEST_F(LiveErasureTest, WhatTheLogCannotLetGoOfYetIsNotGone) {
  options_.log.segment_bytes = 1;  // A record each.
  options_.log_copied_bytes_max = int64_t{1} << 40;
  Open();
  Submit("unmistakable", 1);
  ASSERT_TRUE(ForgetUsers({"unmistakable"}).ok());
  const uint64_t last = views_->erasure().List().at(0).last_record;
  views_->upkeep().trim().Copied(last);
  EXPECT_THAT(Erase(), IsEmpty());
  EXPECT_EQ(views_->upkeep().log().first(), last);
  EXPECT_THAT(FilesWith("unmistakable"), ElementsAre(".segment"));
  views_->upkeep().trim().Copied(last + 1);
  EXPECT_THAT(Erase(), SizeIs(1));
  EXPECT_THAT(FilesWith("unmistakable"), IsEmpty());
}

// More than one record of the change log may have.
TEST_F(LiveErasureTest, KeysOfManyBytesAreSeveralRecords) {
  std::vector<std::string> users;
  for (int i = 0; i < 3'000; ++i) {
    users.push_back(std::to_string(i) + std::string(3'500, 'x'));
    if (i % 500 > 0) continue;
    std::vector<Payment> payments;
    for (int j = i; j < i + 500; ++j) {
      payments.push_back({.user = std::to_string(j) + std::string(3'500, 'x'),
                          .at = kNow - 1,
                          .id = 1});
    }
    Submit(payments);
  }
  const auto forgotten = ForgetUsers(users);
  ASSERT_TRUE(forgotten.ok()) << forgotten.status();
  for (const size_t i : {0, 700, 2'999}) EXPECT_EQ(Count(users[i]), 0);
}

// What deletes them has their keys, too.
TEST_F(LiveErasureTest, RecordsThatDeleteThemAreGoneFromTheLog) {
  options_.log.segment_bytes = 1;  // A record each.
  Open();
  Submit("unmistakable", 1);
  ASSERT_TRUE(ForgetUsers({"unmistakable"}).ok());
  EXPECT_THAT(Erase(), SizeIs(1));
  EXPECT_THAT(FilesWith("unmistakable"), IsEmpty());
}

TEST_F(LiveErasureTest, WhatIsForgottenLaterIsErasedLater) {
  Submit("ann", 1);
  Submit("bob", 1);
  ASSERT_TRUE(ForgetUsers({"ann"}).ok());
  clock_.Set(kNow + kMinute);
  ASSERT_TRUE(ForgetUsers({"bob"}).ok());
  std::atomic<bool> canceled = false;
  const auto gone = views_->erasure().Erase(kNow, *views_->served(), canceled);
  ASSERT_TRUE(gone.ok()) << gone.status();
  EXPECT_THAT(*gone, SizeIs(1));
  ASSERT_THAT(views_->erasure().List(), SizeIs(1));
  EXPECT_EQ(views_->erasure().List()[0].at_micros, kNow + kMinute);
  // Forgotten again, it is so from then on, and in the list once.
  clock_.Set(kNow + kHour);
  ASSERT_TRUE(ForgetUsers({"bob"}).ok());
  ASSERT_THAT(views_->erasure().List(), SizeIs(1));
  EXPECT_EQ(views_->erasure().List()[0].at_micros, kNow + kHour);
  EXPECT_THAT(views_->erasure().List()[0].views,
              ElementsAre("counts", "last", "pairs"));
}

// Its ids are in the change log alone.
TEST_F(LiveErasureTest, TheLogIsTrimmedOnceNoIdInItIsNeeded) {
  std::string file = kFile;
  file.insert(file.find("    single_node"), "    id_field: id\n");
  for (size_t at = 0;
       (at = file.find("    duplicates: counted\n")) != std::string::npos;) {
    file.erase(at, std::string("    duplicates: counted\n").size());
  }
  Define(file);
  Open();
  Submit("unmistakable", 1);
  ASSERT_TRUE(ForgetUsers({"unmistakable"}).ok());

  EXPECT_THAT(Erase(), IsEmpty());
  ASSERT_THAT(views_->erasure().List(), SizeIs(1));
  EXPECT_TRUE(views_->erasure().List()[0].compacted);
  EXPECT_THAT(FilesWith("unmistakable"), ElementsAre(".segment"));
  Crash();
  Submit("bob", 1);  // Came already.
  EXPECT_EQ(Count("bob"), 0);
  clock_.Set(kNow + 11 * kMinute);
  EXPECT_THAT(Erase(), SizeIs(1));
  EXPECT_THAT(FilesWith("unmistakable"), IsEmpty());
}

TEST_F(LiveErasureTest, ADiskThatFailsIsSaidAndAskedAgainItIsDone) {
  Submit("ann", 1);
  ASSERT_TRUE(ArmFailpoints("live.before_flush=error").ok());
  EXPECT_FALSE(ForgetUsers({"ann"}).ok());
  ASSERT_TRUE(ArmFailpoints("").ok());
  EXPECT_EQ(Count("ann"), 1);
  // Noted, and not deleted: never said to be erased.
  ASSERT_TRUE(ArmFailpoints("change_log.before_sync=error").ok());
  EXPECT_FALSE(ForgetUsers({"ann"}).ok());
  ASSERT_TRUE(ArmFailpoints("").ok());
  Open();
  EXPECT_THAT(views_->erasure().List(), SizeIs(1));
  // However far the log has gone.
  for (int i = 0; i < 3; ++i) Submit("bob", i);
  EXPECT_THAT(Erase(), IsEmpty());
  ASSERT_THAT(views_->erasure().List(), SizeIs(1));
  EXPECT_FALSE(views_->erasure().List()[0].compacted);
  ASSERT_TRUE(ForgetUsers({"ann"}).ok());
  EXPECT_EQ(Count("ann"), 0);
}

TEST_F(LiveErasureTest, ACompactionIsCalledOffAndDoneLater) {
  Submit("unmistakable", 1);
  ASSERT_TRUE(ForgetUsers({"unmistakable"}).ok());
  std::atomic<bool> canceled = true;
  const auto gone = views_->erasure().Erase(kNow, *views_->served(), canceled);
  EXPECT_TRUE(absl::IsCancelled(gone.status())) << gone.status();
  EXPECT_THAT(views_->erasure().List(), SizeIs(1));
  EXPECT_THAT(Erase(), SizeIs(1));
}

TEST_F(LiveErasureTest, TooManyThatWaitAreRefused) {
  Submit("ann", 1);
  std::vector<std::string> users = {"ann"};
  for (size_t i = 0; i < LiveErasure::kErasedMax; ++i) {
    users.push_back(std::to_string(i));
  }
  EXPECT_TRUE(absl::IsResourceExhausted(ForgetUsers(users).status()));
  EXPECT_EQ(Count("ann"), 1);
  EXPECT_THAT(views_->erasure().List(), IsEmpty());
}

}  // namespace
}  // namespace freshet
