// SPDX-License-Identifier: Apache-2.0
// Partial aggregates of numbers: docs/format.md, "Partial aggregates".
//
// Every partial is the same kind of thing: what a function has to know of some
// of the events, so that knowing it of parts is knowing it of the whole.
//
//   Clear     of no events
//   Add       one more event; its value is not null
//   Merge     what AppendTo wrote of other events; bytes that cannot be so make
//             the reader fail, and leave the partial in any state. A reader
//             of all that there is ends with it
//   AppendTo  its bytes. Requires: !empty()
//
// The order of events and of merges does not matter, but for the last bits of
// sums and moments. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>

#include "features/aggregations/event_order.h"
#include "features/aggregations/partial_spec.h"
#include "features/byte_reader.h"
#include "features/datum.h"

namespace freshet {

class CountPartial {
 public:
  explicit CountPartial(const PartialSpec&) {}

  void Clear() { count_ = 0; }
  bool empty() const { return count_ == 0; }
  void Add(const Datum&, const EventOrder&) { ++count_; }
  void Merge(ByteReader& in) { count_ += in.Varint(); }
  void AppendTo(std::string* out) const { AppendVarint(count_, out); }

  uint64_t count() const { return count_; }

 private:
  uint64_t count_ = 0;
};

// Of integers, timestamps and decimals, the latter in their units. Exact.
class IntegerSumPartial {
 public:
  __extension__ using Sum = __int128;

  explicit IntegerSumPartial(const PartialSpec&) {}

  void Clear() { *this = IntegerSumPartial(); }
  bool empty() const { return count_ == 0; }
  void Add(const Datum& value, const EventOrder&);
  void Merge(ByteReader& in);
  void AppendTo(std::string* out) const;

  uint64_t count() const { return count_; }
  Sum sum() const { return sum_; }

 private:
  IntegerSumPartial() = default;

  uint64_t count_ = 0;
  Sum sum_ = 0;
};

// Of doubles, with what rounding took from the sum beside it, so that the total
// is nearly always the exact one, rounded once. Source: A. Neumaier,
// "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen",
// 1974.
class DoubleSumPartial {
 public:
  explicit DoubleSumPartial(const PartialSpec&) {}

  void Clear() { *this = DoubleSumPartial(); }
  bool empty() const { return count_ == 0; }
  void Add(const Datum& value, const EventOrder&);
  void Merge(ByteReader& in);
  void AppendTo(std::string* out) const;

  uint64_t count() const { return count_; }
  // Infinite or NaN where the plain sum is.
  double sum() const;

 private:
  DoubleSumPartial() = default;
  void AddToSum(double value);

  uint64_t count_ = 0;
  double sum_ = 0;
  double lost_ = 0;
};

// Mean and squared distances from it; never a sum of squares, which loses all
// digits where the mean is large. Source: T. Chan, G. Golub and R. LeVeque,
// "Updating formulae and a pairwise algorithm for computing sample variances",
// 1979.
class MomentsPartial {
 public:
  explicit MomentsPartial(const PartialSpec& spec) : kind_(spec.value) {}

  void Clear() { *this = MomentsPartial({.value = kind_}); }
  bool empty() const { return count_ == 0; }
  void Add(const Datum& value, const EventOrder&);
  void Merge(ByteReader& in);
  void AppendTo(std::string* out) const;

  uint64_t count() const { return count_; }
  // Requires: count() > `below`, which is 1 for a sample, 0 for a population.
  double Variance(uint64_t below) const {
    return squares_ / static_cast<double>(count_ - below);
  }

 private:
  void MergeMoments(uint64_t count, double mean, double squares);

  Kind kind_;
  uint64_t count_ = 0;
  double mean_ = 0;
  double squares_ = 0;  // Sum of squared distances from the mean.
};

}  // namespace freshet
