// SPDX-License-Identifier: Apache-2.0
// What is left in answers of somebody who is to be forgotten.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/live_applier/live_erasure_kit.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::Not;
using testing::SizeIs;

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

// That forgets wait for each other takes minutes.
TEST_F(LiveErasureTest, AViewThatIsDefinedMeanwhileIsGoneThrough) {
  Submit("ann", 1);
  Submit("bob", 1);
  const std::thread::id forgetting = std::this_thread::get_id();
  clock_.Tell([&] {
    if (std::this_thread::get_id() != forgetting) return;
    clock_.Tell(nullptr);
    Define(kFile + R"yaml(  - name: later
    entities: [user]
    source: payments
    duplicates: counted
    aggregations: [{functions: [count], windows: [1h]}]
)yaml");
    ASSERT_TRUE(views_->Apply(Applied()).ok());
    ASSERT_EQ(Count("later", "ann"), 1);
  });

  const auto forgotten = ForgetUsers({"ann"});

  ASSERT_TRUE(forgotten.ok()) << forgotten.status();
  EXPECT_THAT(forgotten->at(0).views,
              ElementsAre("counts", "last", "later", "pairs"));
  EXPECT_EQ(Count("later", "ann"), 0);
  EXPECT_EQ(Count("later", "bob"), 1);
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
  uint64_t taken_at = 0;
  const std::thread::id forgetting = std::this_thread::get_id();
  clock_.Tell([&] {
    if (std::this_thread::get_id() != forgetting) return;
    if (taken_at > 0 || log.next() == first_record) return;
    std::promise<void> taken;
    LoggedEvents events = PaymentEvents(later, 0, 0);
    events.events.partitions.clear();
    events.events.offsets.clear();
    views_->Submit(std::move(events), [&](const absl::Status& status) {
      EXPECT_TRUE(status.ok()) << status;
      taken.set_value();
    });
    taken.get_future().wait();
    taken_at = log.next();
  });

  const auto forgotten = ForgetItems({1});

  clock_.Tell(nullptr);
  ASSERT_TRUE(forgotten.ok()) << forgotten.status();
  ASSERT_GT(log.next(), first_record + 8);
  EXPECT_GT(taken_at, first_record + 1);
  EXPECT_LT(taken_at, log.next());
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

}  // namespace
}  // namespace freshet
