// SPDX-License-Identifier: Apache-2.0
#include "storage/stats/row_sample.h"

#include <algorithm>
#include <cmath>

namespace freshet {
namespace {

constexpr size_t kRowsMax = 8192;
constexpr size_t kRowsMin = 256;
constexpr size_t kNumbersMax = 1 << 20;

}  // namespace

RowSample::RowSample(size_t columns)
    : columns_(columns),
      rows_max_(std::clamp(kNumbersMax / std::max<size_t>(columns, 1), kRowsMin,
                           kRowsMax)) {}

void RowSample::Add(uint64_t key_hash, std::span<const double> numbers) {
  hashes_.push_back(key_hash);
  numbers_.insert(numbers_.end(), numbers.begin(), numbers.end());
  if (hashes_.size() >= 2 * rows_max_) DropHighest();
}

uint64_t RowSample::HighestKept() const {
  if (hashes_.size() <= rows_max_) return limit_;
  std::vector<uint64_t> order = hashes_;
  const auto last = order.begin() + static_cast<ptrdiff_t>(rows_max_) - 1;
  std::nth_element(order.begin(), last, order.end());
  return *last;
}

void RowSample::DropHighest() {
  limit_ = HighestKept();
  size_t kept = 0;
  for (size_t i = 0; i < hashes_.size(); ++i) {
    if (hashes_[i] > limit_) continue;
    hashes_[kept] = hashes_[i];
    std::copy_n(&numbers_[i * columns_], columns_, &numbers_[kept * columns_]);
    ++kept;
  }
  hashes_.resize(kept);
  numbers_.resize(kept * columns_);
}

std::vector<double> RowSample::Numbers(size_t column) const {
  const uint64_t limit = HighestKept();
  std::vector<double> found;
  for (size_t i = 0; i < hashes_.size(); ++i) {
    const double number = numbers_[i * columns_ + column];
    if (hashes_[i] <= limit && !std::isnan(number)) found.push_back(number);
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace freshet
