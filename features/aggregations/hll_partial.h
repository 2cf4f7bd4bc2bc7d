// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "features/aggregations/event_order.h"
#include "features/aggregations/partial_spec.h"
#include "features/byte_reader.h"
#include "features/datum.h"

namespace freshet {

// About how many different values there are, as number_partials.h has it, by
// 2^size registers (HyperLogLog); the standard error is 1.04 / sqrt(2^size).
// The estimate is of the registers alone, so it is the same in whatever order
// values come and parts are merged. Source: O. Ertl, "New cardinality
// estimation algorithms for HyperLogLog sketches", 2017, algorithm 6.
class HllPartial {
 public:
  explicit HllPartial(const PartialSpec& spec);

  void Clear();
  bool empty() const { return used_ == 0; }
  void Add(const Datum& value, const EventOrder&);
  void Merge(ByteReader& in);
  void AppendTo(std::string* out) const;

  uint64_t Count() const;

 private:
  void Raise(size_t at, uint8_t rank);
  uint8_t RankMax() const { return static_cast<uint8_t>(65 - spec_.size); }

  PartialSpec spec_;
  // The most leading zeros, and one, of the hashes of each register; 0: of
  // none.
  std::vector<uint8_t> registers_;
  size_t used_ = 0;  // Registers that are not 0.
};

}  // namespace freshet
