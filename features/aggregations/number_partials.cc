// SPDX-License-Identifier: Apache-2.0
#include "features/aggregations/number_partials.h"

#include <cmath>
#include <limits>

#include "features/aggregations/scalar_bytes.h"

namespace freshet {
namespace {

__extension__ using Unsigned = unsigned __int128;

}  // namespace

void IntegerSumPartial::Add(const Datum& value, const EventOrder&) {
  ++count_;
  sum_ += value.integer;
}

void IntegerSumPartial::Merge(ByteReader& in) {
  count_ += in.Varint();
  const auto zigzag = in.Varint<Unsigned>();
  // Unsigned: of what is damaged the sum may wrap round.
  sum_ = static_cast<Sum>(static_cast<Unsigned>(sum_) +
                          ((zigzag >> 1) ^ (0 - (zigzag & 1))));
}

void IntegerSumPartial::AppendTo(std::string* out) const {
  AppendVarint(count_, out);
  AppendVarint(
      (static_cast<Unsigned>(sum_) << 1) ^ static_cast<Unsigned>(sum_ >> 127),
      out);
}

void DoubleSumPartial::AddToSum(double value) {
  const double total = sum_ + value;
  lost_ += std::abs(sum_) >= std::abs(value) ? (sum_ - total) + value
                                             : (value - total) + sum_;
  sum_ = total;
}

void DoubleSumPartial::Add(const Datum& value, const EventOrder&) {
  ++count_;
  AddToSum(value.real);
}

void DoubleSumPartial::Merge(ByteReader& in) {
  const auto count = in.Varint();
  count_ += count >> 1;
  AddToSum(in.Fixed<double>());
  if ((count & 1) != 0) lost_ += in.Fixed<double>();
}

void DoubleSumPartial::AppendTo(std::string* out) const {
  const bool lost = lost_ != 0 && std::isfinite(sum_);
  AppendVarint(count_ << 1 | (lost ? 1 : 0), out);
  AppendLittle(sum_, out);
  if (lost) AppendLittle(lost_, out);
}

double DoubleSumPartial::sum() const {
  return std::isfinite(sum_) ? sum_ + lost_ : sum_;
}

void MomentsPartial::Add(const Datum& value, const EventOrder&) {
  const double number = ScalarNumber(kind_, value);
  ++count_;
  const double distance = number - mean_;
  mean_ += distance / static_cast<double>(count_);
  squares_ += distance * (number - mean_);
}

void MomentsPartial::MergeMoments(uint64_t count, double mean, double squares) {
  if (count_ == 0) {
    count_ = count;
    mean_ = mean;
    squares_ = squares;
    return;
  }
  const auto ours = static_cast<double>(count_);
  const auto theirs = static_cast<double>(count);
  const double distance = mean - mean_;
  // No number is so far from an infinity, in whatever parts they came.
  if (!std::isfinite(mean) || !std::isfinite(mean_)) {
    squares_ = std::numeric_limits<double>::quiet_NaN();
  }
  count_ += count;
  mean_ += distance * (theirs / (ours + theirs));
  squares_ += squares + distance * distance * (ours * theirs / (ours + theirs));
}

void MomentsPartial::Merge(ByteReader& in) {
  const auto count = in.Varint();
  const auto mean = in.Fixed<double>();
  const auto squares = count > 1 ? in.Fixed<double>() : 0;
  if (count == 0) {
    in.Fail();
    return;
  }
  MergeMoments(count, mean, squares);
}

void MomentsPartial::AppendTo(std::string* out) const {
  AppendVarint(count_, out);
  AppendLittle(mean_, out);
  if (count_ > 1) AppendLittle(squares_, out);
}

}  // namespace freshet
