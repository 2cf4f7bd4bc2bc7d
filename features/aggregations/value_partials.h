// SPDX-License-Identifier: Apache-2.0
// Partial aggregates that keep values of events, as number_partials.h has it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "features/aggregations/event_order.h"
#include "features/aggregations/partial_spec.h"
#include "features/byte_reader.h"
#include "features/datum.h"

namespace freshet {

// The least or the greatest value, by CompareScalars.
class ExtremePartial {
 public:
  explicit ExtremePartial(const PartialSpec& spec) : spec_(spec) {}

  void Clear() { empty_ = true; }
  bool empty() const { return empty_; }
  void Add(const Datum& value, const EventOrder&);
  void Merge(ByteReader& in);
  void AppendTo(std::string* out) const;

  // As rows hold it. Requires: !empty().
  std::string_view value() const { return value_; }

 private:
  PartialSpec spec_;
  bool empty_ = true;
  std::string value_;
};

// The values of the first or the last events, by EventOrder; an event that
// comes twice counts once.
class OrderedPartial {
 public:
  struct Entry {
    EventOrder order;
    std::string value;  // As rows hold it.
  };

  explicit OrderedPartial(const PartialSpec& spec) : spec_(spec) {}

  void Clear() { entries_.clear(); }
  bool empty() const { return entries_.empty(); }
  void Add(const Datum& value, const EventOrder& order);
  void Merge(ByteReader& in);
  void AppendTo(std::string* out) const;

  // The oldest first.
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  void Insert(const EventOrder& order, std::string_view value);

  PartialSpec spec_;
  std::vector<Entry> entries_;
  std::string scratch_;
};

// The values that came most often. Of more different ones than its size it
// keeps those with the highest counts, and knows how many events it let go.
class TopPartial {
 public:
  explicit TopPartial(const PartialSpec& spec) : spec_(spec) {}

  void Clear();
  bool empty() const { return counts_.empty(); }
  void Add(const Datum& value, const EventOrder&);
  void Merge(ByteReader& in);
  void AppendTo(std::string* out) const;

  // The `n` that came most often, as rows hold them: the most frequent first,
  // of equally frequent ones the least.
  std::vector<std::string_view> Top(size_t n) const;
  // Whether some value may have come more often than is known.
  bool IsApproximate() const { return let_go_ > 0; }

 private:
  using Counts = std::map<std::string, uint64_t, std::less<>>;

  std::vector<Counts::const_iterator> Ranked() const;
  void Trim();

  PartialSpec spec_;
  Counts counts_;
  uint64_t let_go_ = 0;
  std::string scratch_;
};

}  // namespace freshet
