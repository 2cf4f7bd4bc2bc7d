// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace freshet {

// The rows whose keys have the lowest hashes: a uniform sample that depends on
// nothing but the rows (bottom-k; Cohen and Kaplan, 2007). Keeps what numbers
// their values stand for. Not thread-safe.
class RowSample {
 public:
  // Of up to 8,192 rows, whose quantiles stand within 1.1 % of the ranks 19
  // times in 20; of fewer, at least 256, where a row has more than 128 columns.
  explicit RowSample(size_t columns);

  // Whether Add would keep a row with this key.
  bool Wants(uint64_t key_hash) const { return key_hash <= limit_; }
  // `numbers`: one for each column; NaN: none. Requires: Wants, and each key
  // once.
  void Add(uint64_t key_hash, std::span<const double> numbers);

  // A column's numbers, sorted.
  std::vector<double> Numbers(size_t column) const;

 private:
  // The highest hash of the rows that belong to the sample.
  uint64_t HighestKept() const;
  void DropHighest();

  const size_t columns_;
  const size_t rows_max_;
  uint64_t limit_ = UINT64_MAX;
  std::vector<uint64_t> hashes_;
  std::vector<double> numbers_;  // Row by row.
};

}  // namespace freshet
