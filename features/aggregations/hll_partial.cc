// SPDX-License-Identifier: Apache-2.0
#include "features/aggregations/hll_partial.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>

#include "features/aggregations/scalar_bytes.h"

namespace freshet {
namespace {

// Sigma and tau of the source: what registers stand for that are still 0, or
// can rise no further.
double Sigma(double x) {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double y = 1;
  double z = x;
  for (double before = -1; z != before;) {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  }
  return z;
}

double Tau(double x) {
  if (x == 0 || x == 1) return 0;
  double y = 1;
  double z = 1 - x;
  for (double before = -1; z != before;) {
    x = std::sqrt(x);
    before = z;
    y /= 2;
    z -= (1 - x) * (1 - x) * y;
  }
  return z / 3;
}

}  // namespace

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
  // What is left of the hash, with an end for its zeros.
  const uint64_t rest = hash << spec_.size | uint64_t{1} << (spec_.size - 1);
  Raise(hash >> (64 - spec_.size),
        static_cast<uint8_t>(std::countl_zero(rest) + 1));
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
  std::vector<double> registers_of(RankMax() + size_t{1});
  for (const uint8_t rank : registers_) ++registers_of[rank];
  const auto all = static_cast<double>(registers_.size());
  double sum = all * Tau(1 - registers_of.back() / all);
  for (size_t rank = registers_of.size() - 2; rank >= 1; --rank) {
    sum = (sum + registers_of[rank]) / 2;
  }
  sum += all * Sigma(registers_of[0] / all);
  return static_cast<uint64_t>(
      std::llround(all * all / (2 * std::numbers::ln2 * sum)));
}

}  // namespace freshet
