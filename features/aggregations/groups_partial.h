// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "features/aggregations/event_order.h"
#include "features/aggregations/partial_spec.h"
#include "features/byte_reader.h"
#include "features/datum.h"

namespace freshet {

// A partial aggregate of each value of a second column by itself, as
// number_partials.h has it: of at most PartialSpec::groups values, those with
// the smallest hashes. Which they are does not depend on what came first, and
// of those of a whole none was let go of in a part: what is kept of one is of
// all its events, in whatever order they came. Allocates for each group.
class GroupsPartial {
 public:
  // One value of the second column; defined in partial.h.
  struct Group;

  explicit GroupsPartial(const PartialSpec& spec);
  ~GroupsPartial();
  GroupsPartial(GroupsPartial&&) noexcept;
  GroupsPartial& operator=(GroupsPartial&&) noexcept;

  void Clear();
  bool empty() const { return groups_.empty(); }
  // Neither is null.
  void Add(const Datum& group, const Datum& value, const EventOrder& order);
  void Merge(ByteReader& in);
  void AppendTo(std::string* out) const;

  Kind by() const { return spec_.by; }
  // Whether there were more values than are kept.
  bool IsOver() const { return over_; }
  // Ascending by the value, as CompareScalars has it.
  std::vector<const Group*> Groups() const;

 private:
  // Hash and value, as rows hold it.
  using Place = std::pair<uint64_t, std::string>;

  // Null: it is not among those that are kept.
  Group* GroupAt(const Datum& group, std::string_view value);

  PartialSpec spec_;
  std::map<Place, std::unique_ptr<Group>> groups_;
  bool over_ = false;
  Place place_;
  std::string value_;
};

}  // namespace freshet
