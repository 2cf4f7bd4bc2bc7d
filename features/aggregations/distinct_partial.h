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

// How many different values there are, as number_partials.h has it: exact up to
// its size (by their 64-bit hashes), and beyond it an estimate from the
// smallest hashes, which is the same in whatever order values come. Source: Z.
// Bar-Yossef and others, "Counting distinct elements in a data stream", 2002;
// the estimate's standard error is 1 / sqrt(size - 2).
class DistinctPartial {
 public:
  explicit DistinctPartial(const PartialSpec& spec) : spec_(spec) {}

  void Clear();
  bool empty() const { return hashes_.empty(); }
  void Add(const Datum& value, const EventOrder&);
  void Merge(ByteReader& in);
  void AppendTo(std::string* out) const;

  uint64_t Count() const;
  bool IsApproximate() const { return over_; }

 private:
  void Trim();

  PartialSpec spec_;
  std::vector<uint64_t> hashes_;  // Ascending; the smallest there were.
  bool over_ = false;             // There were more.
  std::vector<uint64_t> others_;
  std::vector<uint64_t> merged_;
};

}  // namespace freshet
