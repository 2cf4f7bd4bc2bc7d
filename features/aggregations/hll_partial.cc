// SPDX-License-Identifier: Apache-2.0
#include "features/aggregations/hll_partial.h"

#include <algorithm>
#include <cmath>

#include "features/aggregations/hll_estimate.h"
#include "features/aggregations/scalar_bytes.h"

namespace freshet {
HllPartial::HllPartial(const PartialSpec& spec)
    : spec_(spec), registers_(size_t{1} << spec.size) {}

void HllPartial::Clear() {
  if (!empty()) std::fill(registers_.begin(), registers_.end(), uint8_t{0});
  used_ = 0;
}

void HllPartial::Raise(size_t at, uint8_t rank) {
  if (registers_[at] == 0) ++used_;
  registers_[at] = std::max(registers_[at], rank);
}

void HllPartial::Add(const Datum& value, const EventOrder&) {
  const uint64_t hash = ScalarHash(spec_.value, value);
  Raise(hash >> (64 - spec_.size), HllRank(hash, spec_.size));
}

void HllPartial::Merge(ByteReader& in) {
  const auto used = in.Varint();
  if (used == 0 || used > registers_.size()) in.Fail();
  uint64_t at = 0;
  for (uint64_t i = 0; i < used && in.ok(); ++i) {
    // As many as fit, so that the sum does not wrap round.
    at += std::min<uint64_t>(in.Varint(), registers_.size());
    const auto rank = in.Fixed<uint8_t>();
    if (at >= registers_.size() || rank == 0 || rank > RankMax()) {
      in.Fail();
      return;
    }
    Raise(at, rank);
    ++at;
  }
}

void HllPartial::AppendTo(std::string* out) const {
  AppendVarint(used_, out);
  size_t next = 0;
  for (size_t at = 0; at < registers_.size(); ++at) {
    if (registers_[at] == 0) continue;
    AppendVarint(at - next, out);
    out->push_back(static_cast<char>(registers_[at]));
    next = at + 1;
  }
}

uint64_t HllPartial::Count() const {
  std::vector<double> counts(RankMax() + size_t{1});
  for (const uint8_t rank : registers_) ++counts[rank];
  return static_cast<uint64_t>(std::llround(HllEstimate(counts)));
}

}  // namespace freshet
