// SPDX-License-Identifier: Apache-2.0
// What is left of them on disk.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "base/failpoint.h"
#include "ingest/change_log/log_trim.h"
#include "ingest/live/erased_text.h"
#include "storage/change_log/change_log.h"
#include "storage/live/live_store.h"
#include "tests/live_applier/live_erasure_kit.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

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
  ASSERT_TRUE(views_->Apply(Applied()).ok());  // Writes what waits for it.
  Crash();
  EXPECT_THAT(views_->erasure().List(), IsEmpty());
  // Noted, and not deleted: never said to be erased.
  ASSERT_TRUE(ArmFailpoints("change_log.before_sync=error").ok());
  EXPECT_FALSE(ForgetUsers({"ann"}).ok());
  ASSERT_TRUE(ArmFailpoints("").ok());
  Open();
  ASSERT_THAT(views_->erasure().List(), SizeIs(1));
  EXPECT_THAT(views_->erasure().List()[0].views,
              ElementsAre("counts", "last", "pairs"));
  // However far the log has gone.
  for (int i = 0; i < 3; ++i) Submit("bob", i);
  EXPECT_THAT(Erase(), IsEmpty());
  ASSERT_THAT(views_->erasure().List(), SizeIs(1));
  EXPECT_FALSE(views_->erasure().List()[0].compacted);
  ASSERT_TRUE(ForgetUsers({"ann"}).ok());
  EXPECT_EQ(Count("ann"), 0);
}

// As a kill leaves it between the two.
TEST_F(LiveErasureTest, WhatWasNotedOfARecordThatWasNotWrittenIsNotWaitedFor) {
  Submit("ann", 1);
  ASSERT_TRUE(ForgetUsers({"ann"}).ok());
  std::vector<ErasedEntity> noted = views_->erasure().List();
  noted.at(0).last_record = views_->upkeep().log().next();
  views_.reset();
  {
    const auto store = LiveStore::Open(dir_.path() + "/live", {}, resources_);
    ASSERT_TRUE(store.ok()) << store.status();
    ASSERT_TRUE(
        (*store)
            ->Describe(LiveApplier::kPositionsGeneration, EncodeErased(noted))
            .ok());
  }
  std::string file = kFile;
  file.insert(file.find("    duplicates"), "    filter: cents >= 0\n");
  Define(file);
  Open();  // Makes windows anew.
  EXPECT_EQ(Count("ann"), 0);
  Submit("ann", 1);
  EXPECT_EQ(Count("ann"), 1);
}

TEST_F(LiveErasureTest, WhereNothingWasDeletedAFailureLeavesWhatWas) {
  Submit("ann", 1);
  ASSERT_TRUE(ForgetUsers({"ann"}).ok());
  clock_.Set(kNow + kMinute);
  Submit("ann", 1);
  const std::thread::id forgetting = std::this_thread::get_id();
  int asked = 0;
  clock_.Tell([&] {
    // When it is noted, and before the first record.
    if (std::this_thread::get_id() != forgetting || ++asked < 3) return;
    clock_.Tell(nullptr);
    Define(std::string(kPaymentsFile));
    ASSERT_TRUE(views_->Apply(Applied()).ok());
    ASSERT_TRUE(ArmFailpoints("live.before_flush=2*error").ok());
  });

  EXPECT_FALSE(ForgetUsers({"ann", "bob"}).ok());

  for (const bool crashed : {false, true}) {
    if (crashed) Crash();
    const auto listed = views_->erasure().List();
    ASSERT_THAT(listed, SizeIs(1));
    EXPECT_EQ(listed[0].at_micros, kNow);
    EXPECT_TRUE(listed[0].deleted);
  }
  EXPECT_THAT(Erase(), SizeIs(1));
}

// That takes long, and nothing is written meanwhile.
TEST_F(LiveErasureTest, FilesAreWrittenBeforeTheFirstRecordAndAfterTheLast) {
  Submit("ann", 1);
  const std::thread::id forgetting = std::this_thread::get_id();
  int asked = 0;
  clock_.Tell([&] {
    if (std::this_thread::get_id() != forgetting) return;
    ++asked;  // The first time, when it was.
    if (asked == 2) {
      ASSERT_TRUE(ArmFailpoints("live.before_flush=error").ok());
    }
    if (asked == 4) {
      ASSERT_TRUE(ArmFailpoints("").ok());
    }
  });
  const auto forgotten = ForgetUsers({"ann"});
  clock_.Tell(nullptr);
  EXPECT_TRUE(forgotten.ok()) << forgotten.status();
  EXPECT_EQ(asked, 4);  // Three views.
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
