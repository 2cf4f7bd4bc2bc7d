// SPDX-License-Identifier: Apache-2.0
#include "loader/sort/row_sorter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "base/file.h"
#include "loader/sort/unique_rows.h"
#include "tests/fakes/temp_dir.h"

namespace freshet {
namespace {

// All records of a stream, in order.
std::vector<std::pair<std::string, std::string>> Drain(RecordStream& records) {
  std::vector<std::pair<std::string, std::string>> all;
  Record record;
  for (;;) {
    const auto more = records.Next(&record);
    EXPECT_TRUE(more.ok()) << more.status();
    if (!more.ok() || !*more) return all;
    all.emplace_back(record.key, record.row);
  }
}

std::unique_ptr<RowSorter> SorterOf(const TempDir& dir, int64_t buffer_bytes,
                                    size_t fan_in) {
  RowSorterOptions options;
  options.dir = dir.path();
  options.buffer_bytes = buffer_bytes;
  options.fan_in = fan_in;
  return *RowSorter::Create(options);
}

// Keys that share prefixes, end early, hold zero bytes and repeat.
std::string RandomKey(std::mt19937& random) {
  std::string key(random() % 12, 'a');
  for (char& c : key) {
    if (random() % 4 == 0) c = static_cast<char>(random() % 256);
  }
  return key;
}

void CheckAgainstMap(int64_t buffer_bytes, size_t fan_in, bool sorted_input) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  const TempDir dir;
  const auto sorter = SorterOf(dir, buffer_bytes, fan_in);
  std::vector<std::string> keys;
  for (int i = 0; i < 20'000; ++i) keys.push_back(RandomKey(random));
  if (sorted_input) std::sort(keys.begin(), keys.end());
  std::multimap<std::string, std::string> expected;
  for (size_t i = 0; i < keys.size(); ++i) {
    const std::string row = std::to_string(i) + std::string(random() % 50, 'r');
    expected.emplace(keys[i], row);  // Equal keys keep their order.
    ASSERT_TRUE(sorter->Add({keys[i], row, {}}).ok());
  }

  const auto stream = sorter->Finish();

  ASSERT_TRUE(stream.ok()) << stream.status();
  const auto all = Drain(**stream);
  ASSERT_EQ(all.size(), expected.size());
  size_t i = 0;
  for (const auto& [key, row] : expected) {
    ASSERT_EQ(all[i].first, key) << i;
    ASSERT_EQ(all[i].second, row) << i;
    ++i;
  }
  EXPECT_EQ(*ListDir(dir.path()), std::vector<std::string>());
}

TEST(RowSorterTest, SortsStablyInMemory) {
  CheckAgainstMap(16 << 20, 128, false);
}

TEST(RowSorterTest, SortsStablyThroughManyRuns) {
  CheckAgainstMap(20'000, 128, false);
}

TEST(RowSorterTest, MergesRunsInSeveralPasses) {
  CheckAgainstMap(20'000, 2, false);
  CheckAgainstMap(20'000, 3, false);
}

TEST(RowSorterTest, TakesSortedInput) { CheckAgainstMap(50'000, 4, true); }

TEST(RowSorterTest, WhatFitsIsNotSpilled) {
  const TempDir dir;
  const auto sorter = SorterOf(dir, 1 << 20, 8);
  ASSERT_TRUE(sorter->Add({"b", "2", {}}).ok());
  ASSERT_TRUE(sorter->Add({"a", "1", {}}).ok());
  const auto stream = *sorter->Finish();
  EXPECT_EQ(Drain(*stream).front().first, "a");
  EXPECT_EQ(sorter->runs_spilled(), 0);
}

// Without it a long sort would look like a loader that hangs.
TEST(RowSorterTest, SpillingSortingAndMergingAreToldAsWork) {
  const TempDir dir;
  int64_t works = 0;
  RowSorterOptions options;
  options.dir = dir.path();
  options.buffer_bytes = 100'000;
  options.fan_in = 2;
  options.on_work = [&works] { ++works; };
  const auto sorter = *RowSorter::Create(options);
  int64_t adds = 0;
  while (sorter->runs_spilled() == 0) {
    ASSERT_TRUE(sorter->Add({std::to_string(adds++), "row", {}}).ok());
  }
  EXPECT_GE(works, adds - 1);  // Each record of the first run.
  works = 0;
  while (sorter->runs_spilled() < 3) {
    ASSERT_TRUE(sorter->Add({std::to_string(adds++), "row", {}}).ok());
  }
  EXPECT_GT(works, adds);  // Two more runs, and all that were merged.
  works = 0;
  options.buffer_bytes = 1 << 20;
  const auto large = *RowSorter::Create(options);
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_TRUE(large->Add({std::to_string(i * 7919 % 10'000), "", {}}).ok());
  }
  ASSERT_TRUE(large->Finish().ok());
  EXPECT_GE(works, 3);  // In memory: by comparisons.
}

TEST(RowSorterTest, NoRecordsGiveAnEmptyStream) {
  const TempDir dir;
  const auto sorter = SorterOf(dir, 1 << 20, 8);
  EXPECT_TRUE(Drain(**sorter->Finish()).empty());
}

TEST(RowSorterTest, ARecordLargerThanTheBufferIsRefused) {
  const TempDir dir;
  const auto sorter = SorterOf(dir, 1000, 8);
  EXPECT_EQ(sorter->Add({"k", std::string(1000, 'x'), {}}).code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(RowSorterTest, SpillingStopsAtTheDiskReserve) {
  const TempDir dir;
  RowSorterOptions options;
  options.dir = dir.path();
  options.buffer_bytes = 1000;
  options.disk_reserve_bytes = int64_t{1} << 60;
  const auto sorter = *RowSorter::Create(options);
  absl::Status status;
  for (int i = 0; i < 100 && status.ok(); ++i) {
    status = sorter->Add({"k", std::string(100, 'x'), {}});
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()),
              testing::HasSubstr("disk_reserve"));
}

// Model: a map from key to the newest, of equal times the last.
TEST(UniqueRowsTest, LatestEqualsAMapThroughRuns) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  const TempDir dir;
  const auto sorter = SorterOf(dir, 10'000, 3);
  std::map<std::string, std::pair<Moment, std::string>> expected;
  for (int i = 0; i < 10'000; ++i) {
    const std::string key = std::to_string(random() % 500);
    const Moment time = {static_cast<int64_t>(random() % 3),
                         static_cast<uint16_t>(random() % 3)};
    const std::string row = std::to_string(i);
    auto& newest = expected[key];
    if (newest.second.empty() || time >= newest.first) newest = {time, row};
    ASSERT_TRUE(sorter->Add({key, row, time}).ok());
  }
  const RowSchema schema;
  UniqueRows unique(*sorter->Finish(), Duplicates::kLatest, schema);

  Record record;
  for (const auto& [key, newest] : expected) {
    ASSERT_TRUE(*unique.Next(&record));
    ASSERT_EQ(record.key, key);
    ASSERT_EQ(record.row, newest.second);
    ASSERT_EQ(record.event_time, newest.first);
  }
  EXPECT_FALSE(*unique.Next(&record));
  EXPECT_EQ(unique.replaced(), 10'000 - static_cast<int64_t>(expected.size()));
}

}  // namespace
}  // namespace freshet
