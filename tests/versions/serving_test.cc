// SPDX-License-Identifier: Apache-2.0
#include "versions/serving.h"

#include <gtest/gtest.h>

#include <future>
#include <set>
#include <thread>

#include "versions/serving_parts/reaper.h"
#include "versions/serving_parts/recent_keys.h"

namespace freshet {
namespace {

std::unique_ptr<const ServingSet> SetNamed(const std::string& hash) {
  return std::make_unique<const ServingSet>(
      std::make_shared<const Definitions>(), hash, std::vector<ServedView>{});
}

TEST(ServingTest, StartsWithAnEmptySet) {
  Reaper reaper;
  Serving serving(reaper);
  EXPECT_TRUE(serving.Current()->views().empty());
}

TEST(ServingTest, ReaderKeepsTheSetItTook) {
  Reaper reaper;
  Serving serving(reaper);
  serving.Publish(SetNamed("one"));
  const Serving::SetPtr held = serving.Current();

  serving.Publish(SetNamed("two"));

  EXPECT_EQ(held->definitions_hash(), "one");
  EXPECT_EQ(serving.Current()->definitions_hash(), "two");
}

TEST(ServingTest, LastReaderHandsTheOldSetToTheReaper) {
  Reaper reaper;
  Serving serving(reaper);
  serving.Publish(SetNamed("one"));
  Serving::SetPtr held = serving.Current();
  serving.Publish(SetNamed("two"));
  reaper.Drain();
  const int64_t before = reaper.done();

  held.reset();
  reaper.Drain();

  EXPECT_EQ(reaper.done(), before + 1);
}

TEST(ServingTest, ReadersAndPublishersDoNotDisturbEachOther) {
  Reaper reaper;
  Serving serving(reaper);
  std::vector<std::thread> readers;
  std::atomic<bool> stop{false};
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      while (!stop) EXPECT_LE(serving.Current()->definitions_hash().size(), 3u);
    });
  }
  for (int i = 0; i < 500; ++i) serving.Publish(SetNamed(std::to_string(i)));
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(serving.Current()->definitions_hash(), "499");
}

TEST(ReaperTest, RunsOnAThreadOfItsOwnInOrder) {
  Reaper reaper;
  std::vector<int> order;
  std::thread::id ran_on;
  for (int i = 0; i < 3; ++i) {
    reaper.Post([&, i] {
      order.push_back(i);
      ran_on = std::this_thread::get_id();
    });
  }
  reaper.Drain();

  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
  EXPECT_NE(ran_on, std::this_thread::get_id());
}

TEST(ReaperTest, PosterDoesNotWait) {
  Reaper reaper;
  std::promise<void> go;
  reaper.Post([future = go.get_future().share()] { future.wait(); });

  EXPECT_EQ(reaper.done(), 0);  // Post came back while it runs.
  go.set_value();
  reaper.Drain();
  EXPECT_EQ(reaper.done(), 1);
}

TEST(ReaperTest, WhatIsLeftIsDestroyedWithIt) {
  auto held = std::make_shared<int>(1);
  {
    Reaper reaper;
    reaper.Post([held] {});
  }
  EXPECT_EQ(held.use_count(), 1);
}

TEST(RecentKeysTest, KeepsOneOfEvery) {
  RecentKeys recent;
  for (uint64_t i = 0; i < 3 * RecentKeys::kEvery; ++i) {
    recent.Offer(std::to_string(i));
  }
  EXPECT_EQ(recent.Sample(), (std::vector<std::string>{"0", "16", "32"}));
}

TEST(RecentKeysTest, IsBoundedAndForgetsTheOldest) {
  RecentKeys recent;
  const size_t kept = RecentKeys::kKeysMax + 10;
  for (size_t i = 0; i < kept * RecentKeys::kEvery; ++i) {
    recent.Offer(std::to_string(i / RecentKeys::kEvery));
  }
  const auto sample = recent.Sample();
  ASSERT_EQ(sample.size(), RecentKeys::kKeysMax);
  const std::set<std::string> keys(sample.begin(), sample.end());
  EXPECT_FALSE(keys.contains("9"));
  EXPECT_TRUE(keys.contains("10"));
  EXPECT_TRUE(keys.contains(std::to_string(kept - 1)));
}

}  // namespace
}  // namespace freshet
