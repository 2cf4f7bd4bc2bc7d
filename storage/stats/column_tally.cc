// SPDX-License-Identifier: Apache-2.0
#include "storage/stats/column_tally.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/hash.h"
#include "base/status.h"
#include "features/little_endian.h"

namespace freshet {
namespace {

constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

// How many of what is stored make one. Divided by, the result is the number
// that the decimal's text is.
double UnitsOf(const Type& type) {
  if (type.kind == Kind::kTimestamp) return 1e6;
  return type.kind == Kind::kDecimal ? std::pow(10.0, type.scale) : 1;
}

// The finalizer of SplitMix64 (Steele et al., 2014): all bits depend on all.
uint64_t Mix(uint64_t bits) {
  bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ bits >> 27) * 0x94d049bb133111eb;
  return bits ^ bits >> 31;
}

double Norm(std::string_view floats) {
  double sum = 0;
  for (size_t at = 0; at < floats.size(); at += sizeof(float)) {
    const double value = LoadLittle<float>(floats, at);
    sum += value * value;
  }
  return std::sqrt(sum);
}

}  // namespace

ColumnTally::ColumnTally(const Column& column, size_t index)
    : type_(column.type),
      index_(index),
      units_(UnitsOf(column.type)),
      feature_id_(column.id) {}

absl::StatusOr<double> ColumnTally::Add(const RowView& row) {
  if (row.IsNull(index_)) {
    ++nulls_;
    return kNoNumber;
  }
  Measured found;
  if (type_.IsVariable()) {
    ASSIGN_OR_RETURN(found, Measure(row));
  } else {
    found = MeasureFixed(row.Fixed(index_));
  }
  if (std::isnan(found.number)) {
    ++nans_;
    return kNoNumber;
  }
  min_ = numbers_ == 0 ? found.number : std::min(min_, found.number);
  max_ = numbers_ == 0 ? found.number : std::max(max_, found.number);
  if (std::isfinite(found.number)) {
    sum_ += found.number;
    ++finite_;
  }
  ++numbers_;
  distinct_.Add(found.hash);
  return found.number;
}

absl::StatusOr<ColumnTally::Measured> ColumnTally::Measure(
    const RowView& row) const {
  ASSIGN_OR_RETURN(const std::string_view bytes, row.Variable(index_));
  if (!type_.list)
    return Measured{static_cast<double>(bytes.size()), Xxh3(bytes)};
  ASSIGN_OR_RETURN(const ListView list, row.List(index_));
  return Measured{static_cast<double>(list.size), Xxh3(bytes)};
}

ColumnTally::Measured ColumnTally::MeasureFixed(std::string_view bytes) const {
  if (type_.fixed_length > 0) return {Norm(bytes), Xxh3(bytes)};
  switch (type_.kind) {
    case Kind::kBool: {
      const auto value = static_cast<uint8_t>(bytes[0]);
      return {static_cast<double>(value), Mix(value)};
    }
    case Kind::kInt32: {
      const auto value = LoadLittle<int32_t>(bytes, 0);
      return {static_cast<double>(value), Mix(static_cast<uint32_t>(value))};
    }
    case Kind::kFloat: {
      const auto value = LoadLittle<float>(bytes, 0);
      return {value, Mix(std::bit_cast<uint32_t>(value))};
    }
    case Kind::kDouble: {
      const auto value = LoadLittle<double>(bytes, 0);
      return {value, Mix(std::bit_cast<uint64_t>(value))};
    }
    case Kind::kInt64:
    case Kind::kTimestamp:
    case Kind::kDecimal:
    case Kind::kString:  // Variable: never here.
    case Kind::kBytes:
      break;
  }
  const auto value = LoadLittle<int64_t>(bytes, 0);
  return {static_cast<double>(value) / units_,
          Mix(static_cast<uint64_t>(value))};
}

ColumnStats ColumnTally::stats() const {
  ColumnStats stats;
  stats.feature_id = feature_id_;
  stats.nulls = nulls_;
  stats.nans = nans_;
  if (numbers_ == 0) return stats;
  stats.min = min_;
  stats.max = max_;
  // Within them also where the sum was rounded, or overflowed.
  stats.mean = finite_ == 0 ? min_
                            : std::clamp(sum_ / static_cast<double>(finite_),
                                         min_, max_);
  // No more than there are, which for few values the estimate may say.
  stats.distinct =
      std::min(std::round(distinct_.Estimate()), static_cast<double>(numbers_));
  return stats;
}

}  // namespace freshet
