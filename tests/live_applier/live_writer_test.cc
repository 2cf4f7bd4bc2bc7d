// SPDX-License-Identifier: Apache-2.0
#include "ingest/live/live_writer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/failpoint.h"
#include "tests/live_applier/live_kit.h"

namespace freshet {
namespace {

using enum AggregateFunction;

constexpr int64_t kNow = 16'000 * kDay + 5 * kHour + 17;

class LiveWriterTest : public testing::Test {
 protected:
  void SetUp() override {
    kit_.AddView({.name = "user_payments",
                  .source = "payments",
                  .aggregations = {{.column = "cents",
                                    .functions = {{.function = kCount}},
                                    .windows_micros = {kHour}}}});
    Start({});
  }
  void TearDown() override { ASSERT_TRUE(ArmFailpoints("").ok()); }

  void Start(const LiveWriter::Settings& settings) {
    writer_.emplace(kit_.applier(), clock_, settings);
  }

  // Waits for it.
  absl::Status Submit(const std::vector<Payment>& payments) {
    std::promise<absl::Status> done;
    writer_->Submit(PaymentEvents(payments, 0, 0),
                    [&](absl::Status status) { done.set_value(status); });
    return done.get_future().get();
  }

  int64_t Count(const std::string& user = "ann") const {
    const Value count =
        kit_.Feature("cents_count_1h", user, clock_.NowMicros());
    return std::get<int64_t>(count.v);
  }

  LiveKit kit_;
  ManualClock clock_{kNow};
  std::optional<LiveWriter> writer_;
};

TEST_F(LiveWriterTest, Rule18WhatIsAcknowledgedIsReadAtOnce) {
  for (int64_t i = 1; i <= 5; ++i) {
    ASSERT_TRUE(Submit({{.at = kNow - kMinute}}).ok());
    EXPECT_EQ(Count(), i);
  }
}

TEST_F(LiveWriterTest, ManyThreadsShareTicksAndNothingIsLost) {
  constexpr int kThreads = 8;
  constexpr int kEach = 50;
  std::vector<std::thread> threads;
  std::atomic<int> failed = 0;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      const std::vector<Payment> payments = {
          {.user = "user " + std::to_string(thread % 3), .at = kNow - kMinute}};
      for (int i = 0; i < kEach; ++i) {
        if (!Submit(payments).ok()) ++failed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(failed, 0);
  EXPECT_EQ(Count("user 0") + Count("user 1") + Count("user 2"),
            kThreads * kEach);
  // A record each, one after the other.
  EXPECT_EQ(kit_.log().next(), 1U + kThreads * kEach);
}

TEST_F(LiveWriterTest, WhatWaitedIsThereWhenItsTimeIs) {
  ASSERT_TRUE(Submit({{.at = kNow + kMinute}}).ok());
  EXPECT_EQ(Count(), 0);

  clock_.Set(kNow + kMinute + 1);
  ASSERT_TRUE(writer_->Release().ok());
  EXPECT_EQ(Count(), 1);

  // And by itself.
  ASSERT_TRUE(Submit({{.at = kNow + 2 * kMinute}}).ok());
  clock_.Set(kNow + 3 * kMinute);
  while (Count() < 2) std::this_thread::yield();
}

TEST_F(LiveWriterTest, TooMuchIsRefused) {
  writer_.reset();
  Start({.queue_bytes_max = 1'000});
  std::vector<std::promise<absl::Status>> done(3);
  const std::vector<Payment> payments = {
      {.user = std::string(600, 'x'), .at = kNow - 1}};
  // Nothing is written while the applier is in use. The writer may have taken
  // one of them by then, so that another has room.
  std::atomic<int> refused = 0;
  writer_->Use([&](LiveApplier&) {
    for (auto& one : done) {
      writer_->Submit(PaymentEvents(payments, 0, 0), [&](absl::Status status) {
        if (absl::IsResourceExhausted(status)) ++refused;
        one.set_value(std::move(status));
      });
    }
    EXPECT_GE(refused, 1);
  });
  EXPECT_TRUE(done[0].get_future().get().ok());

  EXPECT_TRUE(absl::IsInvalidArgument(
      Submit({{.user = std::string(ChangeLog::kRecordBytesMax, 'x')}})));
  EXPECT_TRUE(writer_->health().ok());
}

TEST_F(LiveWriterTest, AFailureEndsItAndIsSaid) {
  ASSERT_TRUE(ArmFailpoints("live.before_apply=error").ok());
  EXPECT_FALSE(Submit({{.at = kNow - 1}}).ok());
  ASSERT_TRUE(ArmFailpoints("").ok());

  EXPECT_FALSE(Submit({{.at = kNow - 1}}).ok());
  EXPECT_FALSE(writer_->health().ok());
}

TEST_F(LiveWriterTest, WhatWaitsAtTheEndIsCalledOff) {
  std::promise<absl::Status> done;
  const std::vector<Payment> payments = {{.at = kNow - 1}};
  std::promise<void> hold;
  std::promise<void> held;
  std::thread holder([&] {
    writer_->Use([&](LiveApplier&) {
      held.set_value();
      hold.get_future().wait();
    });
  });
  held.get_future().wait();
  // The first is with the tick that waits for the applier, perhaps.
  std::promise<absl::Status> first;
  for (auto* one : {&first, &done}) {
    writer_->Submit(PaymentEvents(payments, 0, 0), [one](absl::Status status) {
      one->set_value(std::move(status));
    });
  }
  std::thread ending([&] { writer_.reset(); });
  hold.set_value();
  holder.join();
  ending.join();

  const absl::Status status = done.get_future().get();
  EXPECT_TRUE(status.ok() || absl::IsCancelled(status)) << status;
  EXPECT_TRUE(first.get_future().get().ok() || !status.ok());
}

}  // namespace
}  // namespace freshet
