// SPDX-License-Identifier: Apache-2.0
#include "features/aggregations/quantiles_partial.h"

#include <cmath>
#include <limits>

#include "features/aggregations/scalar_bytes.h"

namespace freshet {
namespace {

constexpr int32_t kBucketsMax = 2'048;
// At the least share, 0.1 %, no double's bucket is further from zero.
constexpr int64_t kBucketMax = 400'000;

void AppendBuckets(const std::map<int32_t, uint64_t>& buckets,
                   std::string* out) {
  AppendVarint(buckets.size(), out);
  int64_t before = 0;
  for (const auto& [bucket, count] : buckets) {
    AppendVarint(ZigZag(bucket - before), out);
    AppendVarint(count, out);
    before = bucket;
  }
}

}  // namespace

QuantilesPartial::QuantilesPartial(const PartialSpec& spec) : spec_(spec) {
  const double share = static_cast<double>(spec.size) / 1'000;
  base_ = (1 + share) / (1 - share);
  log_base_ = std::log(base_);
}

void QuantilesPartial::Clear() {
  count_ = zeros_ = negative_infinities_ = infinities_ = nans_ = 0;
  positive_.clear();
  negative_.clear();
}

void QuantilesPartial::AddTo(Buckets& buckets, int32_t bucket, uint64_t count) {
  if (!buckets.empty()) {
    const int32_t lowest = buckets.rbegin()->first - kBucketsMax + 1;
    if (bucket < lowest) bucket = lowest;
  }
  buckets[bucket] += count;
  const int32_t lowest = bucket - kBucketsMax + 1;
  uint64_t below = 0;
  while (buckets.begin()->first < lowest) {
    below += buckets.begin()->second;
    buckets.erase(buckets.begin());
  }
  if (below > 0) buckets[lowest] += below;
}

void QuantilesPartial::Add(const Datum& value, const EventOrder&) {
  const double number = ScalarNumber(spec_.value, value);
  ++count_;
  if (std::isnan(number)) {
    ++nans_;
  } else if (std::isinf(number)) {
    ++(number > 0 ? infinities_ : negative_infinities_);
  } else if (number == 0) {
    ++zeros_;
  } else {
    const auto bucket =
        static_cast<int32_t>(std::ceil(std::log(std::abs(number)) / log_base_));
    AddTo(number > 0 ? positive_ : negative_, bucket, 1);
  }
}

void QuantilesPartial::MergeBuckets(Buckets& buckets, ByteReader& in) {
  const auto size = in.Varint();
  if (size > kBucketsMax) in.Fail();
  int64_t bucket = 0;
  for (uint64_t i = 0; i < size; ++i) {
    // Of what is damaged the sum may wrap round.
    bucket = static_cast<int64_t>(static_cast<uint64_t>(bucket) +
                                  static_cast<uint64_t>(in.SignedVarint()));
    if (bucket > kBucketMax || bucket < -kBucketMax) in.Fail();
    const auto count = in.Varint();
    if (!in.ok()) return;
    AddTo(buckets, static_cast<int32_t>(bucket), count);
    count_ += count;
  }
}

void QuantilesPartial::Merge(ByteReader& in) {
  for (uint64_t* special :
       {&zeros_, &negative_infinities_, &infinities_, &nans_}) {
    const auto count = in.Varint();
    *special += count;
    count_ += count;
  }
  MergeBuckets(positive_, in);
  MergeBuckets(negative_, in);
}

void QuantilesPartial::AppendTo(std::string* out) const {
  for (const uint64_t special :
       {zeros_, negative_infinities_, infinities_, nans_}) {
    AppendVarint(special, out);
  }
  AppendBuckets(positive_, out);
  AppendBuckets(negative_, out);
}

// The one that is by the same share off from either end.
double QuantilesPartial::NumberOf(int32_t bucket) const {
  return 2 * std::exp(log_base_ * bucket) / (base_ + 1);
}

double QuantilesPartial::Quantile(double share) const {
  auto rank = static_cast<uint64_t>(share * static_cast<double>(count_ - 1));
  // Whether it is one of the next `count`; else they are passed over.
  const auto among = [&rank](uint64_t count) {
    if (rank < count) return true;
    rank -= count;
    return false;
  };
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (among(negative_infinities_)) return -kInfinity;
  for (auto at = negative_.rbegin(); at != negative_.rend(); ++at) {
    if (among(at->second)) return -NumberOf(at->first);
  }
  if (among(zeros_)) return 0;
  for (const auto& [bucket, count] : positive_) {
    if (among(count)) return NumberOf(bucket);
  }
  if (among(infinities_)) return kInfinity;
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace freshet
