// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "features/aggregations/event_order.h"
#include "features/aggregations/partial_spec.h"
#include "features/byte_reader.h"
#include "features/datum.h"

namespace freshet {

// How numbers are spread, as number_partials.h has it: each counts in a bucket
// whose ends are by a stated share apart, so that a quantile is off by at most
// that share of itself, and is the same in whatever order numbers come. Source:
// C. Masson, J. Rim and H. Lee, "DDSketch", 2019.
//
// Buckets are at most 2,048 of either sign, down from the greatest: of numbers
// that lie further apart (by a factor of 10^17 at 1 %), the nearest to zero
// count as the smallest of those.
class QuantilesPartial {
 public:
  explicit QuantilesPartial(const PartialSpec& spec);

  void Clear();
  bool empty() const { return count_ == 0; }
  void Add(const Datum& value, const EventOrder&);
  void Merge(ByteReader& in);
  void AppendTo(std::string* out) const;

  // The number at rank floor(share * (count - 1)), from 0, of all in ascending
  // order; NaN is the greatest. Requires: !empty(), 0 <= share <= 1.
  double Quantile(double share) const;

 private:
  // Bucket i counts the numbers in (base^(i-1), base^i].
  using Buckets = std::map<int32_t, uint64_t>;

  void AddTo(Buckets& buckets, int32_t bucket, uint64_t count);
  void MergeBuckets(Buckets& buckets, ByteReader& in);
  double NumberOf(int32_t bucket) const;

  PartialSpec spec_;
  double base_;
  double log_base_;
  uint64_t count_ = 0;
  uint64_t zeros_ = 0;
  uint64_t negative_infinities_ = 0;
  uint64_t infinities_ = 0;
  uint64_t nans_ = 0;
  Buckets positive_;
  Buckets negative_;
};

}  // namespace freshet
