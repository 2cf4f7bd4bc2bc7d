// SPDX-License-Identifier: Apache-2.0
#include "features/aggregations/value_partials.h"

#include <algorithm>

#include "features/aggregations/scalar_bytes.h"

namespace freshet {

void ExtremePartial::Add(const Datum& value, const EventOrder&) {
  if (!empty_) {
    const auto order =
        CompareScalars(spec_.value, value, ScalarDatum(spec_.value, value_));
    const bool better = spec_.kind == PartialKind::kMin ? order < 0 : order > 0;
    if (!better) return;
  }
  SetScalarBytes(spec_.value, value, &value_);
  empty_ = false;
}

void ExtremePartial::Merge(ByteReader& in) {
  const std::string_view value = ReadScalar(spec_.value, in);
  if (in.ok()) Add(ScalarDatum(spec_.value, value), {});
}

void ExtremePartial::AppendTo(std::string* out) const {
  AppendScalar(spec_.value, value_, out);
}

void OrderedPartial::Insert(const EventOrder& order, std::string_view value) {
  const auto at = std::lower_bound(
      entries_.begin(), entries_.end(), order,
      [](const Entry& entry, const EventOrder& o) { return entry.order < o; });
  if (at != entries_.end() && at->order == order) return;
  const bool first = spec_.kind == PartialKind::kFirst;
  if (entries_.size() == spec_.size) {
    if (first ? at == entries_.end() : at == entries_.begin()) return;
    // The place of the one that goes is used again.
    if (first) {
      std::rotate(at, entries_.end() - 1, entries_.end());
      at->order = order;
      at->value = value;
    } else {
      std::rotate(entries_.begin(), entries_.begin() + 1, at);
      (at - 1)->order = order;
      (at - 1)->value = value;
    }
    return;
  }
  entries_.insert(at, {order, std::string(value)});
}

void OrderedPartial::Add(const Datum& value, const EventOrder& order) {
  SetScalarBytes(spec_.value, value, &scratch_);
  Insert(order, scratch_);
}

void OrderedPartial::Merge(ByteReader& in) {
  const auto count = in.Varint();
  if (count == 0 || count > spec_.size) in.Fail();
  for (uint64_t i = 0; i < count && in.ok(); ++i) {
    EventOrder order;
    order.time_micros = in.SignedVarint();
    order.partition = static_cast<int32_t>(in.SignedVarint());
    order.offset = in.SignedVarint();
    const std::string_view value = ReadScalar(spec_.value, in);
    if (in.ok()) Insert(order, value);
  }
}

void OrderedPartial::AppendTo(std::string* out) const {
  AppendVarint(entries_.size(), out);
  for (const Entry& entry : entries_) {
    AppendVarint(ZigZag(entry.order.time_micros), out);
    AppendVarint(ZigZag(entry.order.partition), out);
    AppendVarint(ZigZag(entry.order.offset), out);
    AppendScalar(spec_.value, entry.value, out);
  }
}

void TopPartial::Clear() {
  counts_.clear();
  let_go_ = 0;
}

void TopPartial::Add(const Datum& value, const EventOrder&) {
  SetScalarBytes(spec_.value, value, &scratch_);
  ++counts_[scratch_];
  Trim();
}

void TopPartial::Merge(ByteReader& in) {
  let_go_ += in.Varint();
  const auto count = in.Varint();
  if (count == 0) in.Fail();
  for (uint64_t i = 0; i < count && in.ok(); ++i) {
    const auto times = in.Varint();
    const std::string_view value = ReadScalar(spec_.value, in);
    if (!in.ok()) return;
    const auto at = counts_.find(value);
    if (at == counts_.end()) {
      counts_.emplace(value, times);
    } else {
      at->second += times;
    }
  }
  Trim();
}

void TopPartial::AppendTo(std::string* out) const {
  AppendVarint(let_go_, out);
  AppendVarint(counts_.size(), out);
  for (const auto& [value, times] : counts_) {
    AppendVarint(times, out);
    AppendScalar(spec_.value, value, out);
  }
}

std::vector<TopPartial::Counts::const_iterator> TopPartial::Ranked() const {
  std::vector<Counts::const_iterator> ranked;
  ranked.reserve(counts_.size());
  for (auto at = counts_.begin(); at != counts_.end(); ++at) {
    ranked.push_back(at);
  }
  std::sort(ranked.begin(), ranked.end(), [this](auto a, auto b) {
    if (a->second != b->second) return a->second > b->second;
    return CompareScalars(spec_.value, ScalarDatum(spec_.value, a->first),
                          ScalarDatum(spec_.value, b->first)) < 0;
  });
  return ranked;
}

std::vector<std::string_view> TopPartial::Top(size_t n) const {
  std::vector<std::string_view> top;
  for (const auto at : Ranked()) {
    if (top.size() == n) break;
    top.push_back(at->first);
  }
  return top;
}

// Down to the size from twice as many, so that adding costs little.
void TopPartial::Trim() {
  if (counts_.size() <= 2 * static_cast<size_t>(spec_.size)) return;
  const auto ranked = Ranked();
  for (size_t i = spec_.size; i < ranked.size(); ++i) {
    let_go_ += ranked[i]->second;
    counts_.erase(ranked[i]);
  }
}

}  // namespace freshet
