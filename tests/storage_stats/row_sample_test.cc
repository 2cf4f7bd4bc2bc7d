// SPDX-License-Identifier: Apache-2.0
#include "storage/stats/row_sample.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <random>

namespace freshet {
namespace {

using testing::ElementsAre;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

TEST(RowSampleTest, FewRowsAreAllKeptAndSorted) {
  RowSample sample(2);
  sample.Add(3, std::vector<double>{5, 1});
  sample.Add(1, std::vector<double>{4, kNone});
  sample.Add(2, std::vector<double>{6, -1});
  EXPECT_THAT(sample.Numbers(0), ElementsAre(4, 5, 6));
  EXPECT_THAT(sample.Numbers(1), ElementsAre(-1, 1));
}

TEST(RowSampleTest, OfManyTheLowestHashesAreKeptInWhateverOrderTheyCome) {
  std::vector<uint64_t> hashes(100'000);
  std::iota(hashes.begin(), hashes.end(), 0);
  for (const unsigned seed : {1u, 2u}) {
    std::shuffle(hashes.begin(), hashes.end(), std::mt19937(seed));
    RowSample sample(1);
    for (const uint64_t hash : hashes) {
      if (!sample.Wants(hash)) continue;
      sample.Add(hash, std::vector<double>{static_cast<double>(hash)});
    }
    const std::vector<double> numbers = sample.Numbers(0);
    ASSERT_EQ(numbers.size(), 8192u);
    for (size_t i = 0; i < numbers.size(); ++i) {
      ASSERT_EQ(numbers[i], static_cast<double>(i));
    }
  }
}

TEST(RowSampleTest, WideRowsAreFewerButNotTooFew) {
  const auto kept = [](size_t columns) {
    RowSample sample(columns);
    const std::vector<double> numbers(columns, 1);
    for (uint64_t hash = 20'000; hash > 0; --hash) {
      if (sample.Wants(hash)) sample.Add(hash, numbers);
    }
    return sample.Numbers(columns - 1).size();
  };
  EXPECT_EQ(kept(256), 4096u);
  EXPECT_EQ(kept(10'000), 256u);
}

}  // namespace
}  // namespace freshet
