// SPDX-License-Identifier: Apache-2.0
#include "base/histogram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freshet {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;

constexpr std::array<double, 2> kBounds = {0.01, 1.0};

TEST(HistogramTest, EachBucketReachesToItsBound) {
  Histogram<kBounds> histogram;
  for (const int ms : {0, 10, 11, 1'000, 1'001, 90'000}) {
    histogram.Observe(milliseconds(ms));
  }
  const auto snapshot = histogram.Take();
  EXPECT_THAT(snapshot.counts, ElementsAre(2, 2, 2));
  EXPECT_DOUBLE_EQ(snapshot.sum_seconds, 92.022);
  EXPECT_THAT(snapshot.Bounds(), ElementsAre(0.01, 1.0));
}

}  // namespace
}  // namespace freshet
