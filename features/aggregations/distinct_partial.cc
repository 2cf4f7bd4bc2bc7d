// SPDX-License-Identifier: Apache-2.0
#include "features/aggregations/distinct_partial.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "features/aggregations/scalar_bytes.h"

namespace freshet {

void DistinctPartial::Clear() {
  hashes_.clear();
  over_ = false;
}

void DistinctPartial::Trim() {
  if (hashes_.size() <= spec_.size) return;
  hashes_.resize(spec_.size);
  over_ = true;
}

void DistinctPartial::Add(const Datum& value, const EventOrder&) {
  const uint64_t hash = ScalarHash(spec_.value, value);
  const auto at = std::lower_bound(hashes_.begin(), hashes_.end(), hash);
  if (at != hashes_.end() && *at == hash) return;
  hashes_.insert(at, hash);
  Trim();
}

void DistinctPartial::Merge(ByteReader& in) {
  const auto count = in.Varint();
  if (count >> 1 == 0 || count >> 1 > spec_.size) in.Fail();
  if (!in.ok()) return;
  others_.clear();
  for (uint64_t i = 0; i < count >> 1; ++i) {
    others_.push_back(in.Fixed<uint64_t>());
    if (i > 0 && others_[i - 1] >= others_[i]) in.Fail();
    if (!in.ok()) return;
  }
  merged_.clear();
  std::set_union(hashes_.begin(), hashes_.end(), others_.begin(), others_.end(),
                 std::back_inserter(merged_));
  hashes_.swap(merged_);
  over_ = over_ || (count & 1) != 0;
  Trim();
}

void DistinctPartial::AppendTo(std::string* out) const {
  AppendVarint(static_cast<uint64_t>(hashes_.size()) << 1 | (over_ ? 1 : 0),
               out);
  for (const uint64_t hash : hashes_) AppendLittle(hash, out);
}

uint64_t DistinctPartial::Count() const {
  if (!over_) return hashes_.size();
  // 2^64 of all hashes; the greatest of ours says how dense they lie.
  const double below = std::ldexp(static_cast<double>(hashes_.back()), -64);
  return static_cast<uint64_t>(
      std::llround(static_cast<double>(hashes_.size() - 1) / below));
}

}  // namespace freshet
