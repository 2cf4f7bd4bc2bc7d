// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "features/row_schema.h"

namespace freshet {

// An entity that was forgotten: its rows in versions up to one do not count
// any more. By the hash of its key: the key itself is what is to be forgotten.
struct ForgottenKey {
  std::vector<std::string> join_keys;  // Names of the entity's, in its order.
  uint64_t hash = 0;                   // Xxh3 of the entity's key, encoded.
  int64_t until_version = 0;           // Newer ones were loaded afterwards.

  bool operator==(const ForgottenKey&) const = default;
};

// Which rows of a version and of what it is laid over do not count because
// their entity was forgotten. Nothing to look for costs one branch; else a key
// costs a hash, and where it has parts of other entities as well, a decoding.
// Immutable, so safe to use from any thread.
class ForgottenKeys {
 public:
  // `parts`: of the version's key. An entity whose join keys it has not is
  // looked for by the whole key: it may have been renamed. `beyond`: so many
  // bytes stand behind it in each of the version's keys.
  ForgottenKeys(std::vector<ForgottenKey> keys, std::vector<KeyPart> parts,
                size_t beyond = 0);

  const std::vector<ForgottenKey>& keys() const { return keys_; }

  // Whether a row of `key` that stands in this version does not count.
  bool Hides(std::string_view key, int64_t version) const {
    return !groups_.empty() && Until(key) >= version;
  }

 private:
  // Entities that are the same parts of a key.
  struct Group {
    std::vector<size_t> parts;  // Empty: the whole key.
    std::unordered_map<uint64_t, int64_t> until;
  };

  Group& GroupOf(const std::vector<std::string>& join_keys);
  // The last version in which the key's rows do not count; 0: none.
  int64_t Until(std::string_view key) const;
  int64_t UntilByParts(const Group& group, std::string_view key) const;

  std::vector<ForgottenKey> keys_;
  std::vector<KeyPart> parts_;
  size_t beyond_;
  std::vector<Group> groups_;
};

}  // namespace freshet
