// SPDX-License-Identifier: Apache-2.0
#include "features/aggregations/groups_partial.h"

#include <algorithm>

#include "features/aggregations/partial.h"
#include "features/aggregations/scalar_bytes.h"

namespace freshet {

GroupsPartial::GroupsPartial(const PartialSpec& spec) : spec_(spec) {}
GroupsPartial::~GroupsPartial() = default;
GroupsPartial::GroupsPartial(GroupsPartial&&) noexcept = default;
GroupsPartial& GroupsPartial::operator=(GroupsPartial&&) noexcept = default;

void GroupsPartial::Clear() {
  groups_.clear();
  over_ = false;
}

GroupsPartial::Group* GroupsPartial::GroupAt(const Datum& group,
                                             std::string_view value) {
  place_.first = ScalarHash(spec_.by, group);
  place_.second = value;
  const auto at = groups_.lower_bound(place_);
  if (at != groups_.end() && at->first == place_) return at->second.get();
  const bool full = groups_.size() == spec_.groups;
  over_ = over_ || full;
  if (full && at == groups_.end()) return nullptr;
  if (full) groups_.erase(std::prev(groups_.end()));
  // What was before `at` still is.
  const auto added = groups_.emplace(
      place_, std::make_unique<Group>(
                  Group{place_.second, MakePartial(spec_.OfOneGroup())}));
  return added.first->second.get();
}

void GroupsPartial::Add(const Datum& group, const Datum& value,
                        const EventOrder& order) {
  SetScalarBytes(spec_.by, group, &value_);
  if (Group* kept = GroupAt(group, value_)) {
    AddTo(kept->partial, value, order);
  }
}

// Of each: the value, and the length and bytes of what is kept of it.
void GroupsPartial::Merge(ByteReader& in) {
  const auto count = in.Varint();
  const bool over = (count & 1) != 0;
  if (count >> 1 == 0 || count >> 1 > spec_.groups ||
      (over && count >> 1 < spec_.groups)) {
    in.Fail();
  }
  Place before;
  for (uint64_t i = 0; i < count >> 1 && in.ok(); ++i) {
    const std::string_view value = ReadScalar(spec_.by, in);
    ByteReader own(in.LengthAndBytes());
    if (!in.ok()) return;
    const Datum group = ScalarDatum(spec_.by, value);
    Group* kept = GroupAt(group, value);
    if (i > 0 && place_ <= before) in.Fail();
    before = place_;
    if (kept == nullptr) continue;
    std::visit([&](auto& p) { p.Merge(own); }, kept->partial);
    if (!own.ok() || !own.AtEnd()) in.Fail();
  }
  over_ = over_ || over;
}

void GroupsPartial::AppendTo(std::string* out) const {
  AppendVarint(static_cast<uint64_t>(groups_.size()) << 1 | (over_ ? 1 : 0),
               out);
  std::string bytes;
  for (const auto& [place, group] : groups_) {
    AppendScalar(spec_.by, place.second, out);
    bytes.clear();
    std::visit([&](const auto& p) { p.AppendTo(&bytes); }, group->partial);
    AppendLengthAndBytes(bytes, out);
  }
}

std::vector<const GroupsPartial::Group*> GroupsPartial::Groups() const {
  std::vector<const Group*> groups;
  groups.reserve(groups_.size());
  for (const auto& [place, group] : groups_) groups.push_back(group.get());
  std::sort(groups.begin(), groups.end(), [this](auto* a, auto* b) {
    return CompareScalars(spec_.by, ScalarDatum(spec_.by, a->value),
                          ScalarDatum(spec_.by, b->value)) < 0;
  });
  return groups;
}

}  // namespace freshet
