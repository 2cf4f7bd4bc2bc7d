// SPDX-License-Identifier: Apache-2.0
// HyperLogLog (Flajolet and others, 2007): registers that keep the greatest
// rank of the hashes that fall into them, and how many values that stands for.
#pragma once

#include <bit>
#include <cstdint>
#include <span>

namespace freshet {

// The zeros before the first one of a hash, behind the bits that are the number
// of its register, and that one. At most 65 - index_bits.
constexpr uint8_t HllRank(uint64_t hash, uint32_t index_bits) {
  // What is left of the hash, with an end for its zeros.
  const uint64_t rest = hash << index_bits | uint64_t{1} << (index_bits - 1);
  return static_cast<uint8_t>(std::countl_zero(rest) + 1);
}

// `counts`: how many registers hold each rank, from 0 to the greatest there is.
// Source: O. Ertl, "New cardinality estimation algorithms for HyperLogLog
// sketches", 2017, algorithm 6: without tables of measured corrections, and as
// good for few values as for many.
double HllEstimate(std::span<const double> counts);

}  // namespace freshet
