// SPDX-License-Identifier: Apache-2.0
#include "storage/erasure/forgotten_keys.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "features/key_codec.h"

namespace freshet {

ForgottenKeys::ForgottenKeys(std::vector<ForgottenKey> keys,
                             std::vector<KeyPart> parts, size_t beyond)
    : keys_(std::move(keys)), parts_(std::move(parts)), beyond_(beyond) {
  for (const ForgottenKey& key : keys_) {
    int64_t& until = GroupOf(key.join_keys).until[key.hash];
    until = std::max(until, key.until_version);
  }
}

ForgottenKeys::Group& ForgottenKeys::GroupOf(
    const std::vector<std::string>& join_keys) {
  std::vector<size_t> places;
  for (const std::string& name : join_keys) {
    const auto part =
        std::find_if(parts_.begin(), parts_.end(),
                     [&](const KeyPart& one) { return one.name == name; });
    if (part == parts_.end()) break;
    places.push_back(static_cast<size_t>(part - parts_.begin()));
  }
  const bool is_whole = places.size() == parts_.size() &&
                        std::is_sorted(places.begin(), places.end());
  if (is_whole || places.size() < join_keys.size()) places.clear();
  for (Group& group : groups_) {
    if (group.parts == places) return group;
  }
  groups_.push_back({std::move(places), {}});
  return groups_.back();
}

int64_t ForgottenKeys::Until(std::string_view key) const {
  if (key.size() < beyond_) return 0;  // Nobody can ask for it.
  key.remove_suffix(beyond_);
  int64_t until = 0;
  for (const Group& group : groups_) {
    if (group.parts.empty()) {
      const auto found = group.until.find(Xxh3(key));
      if (found != group.until.end()) until = std::max(until, found->second);
    } else {
      until = std::max(until, UntilByParts(group, key));
    }
  }
  return until;
}

// An entity's own key differs from its parts of a longer one: a string that is
// last is written without an end.
int64_t ForgottenKeys::UntilByParts(const Group& group,
                                    std::string_view key) const {
  const auto values = DecodeKey(parts_, key);
  if (!values.ok()) return 0;  // Nobody can ask for it.
  std::vector<KeyPart> parts;
  std::vector<Value> own;
  for (const size_t place : group.parts) {
    parts.push_back(parts_[place]);
    own.push_back((*values)[place]);
  }
  const auto encoded = EncodeKey(parts, own);
  if (!encoded.ok()) return 0;
  const auto found = group.until.find(Xxh3(*encoded));
  return found == group.until.end() ? 0 : found->second;
}

}  // namespace freshet
