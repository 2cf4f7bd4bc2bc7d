// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/value.h"
#include "features/row_schema.h"
#include "storage/live/live_generation.h"

namespace freshet {

// Some entities, and what a generation has of them. Immutable; safe to use from
// any thread.
class EntityKeys {
 public:
  // `keys`: values of the join keys, in their order. One that is there twice
  // counts once. INVALID_ARGUMENT as EncodeKey.
  static absl::StatusOr<EntityKeys> Make(
      std::vector<KeyPart> join_keys,
      const std::vector<std::vector<Value>>& keys);

  // By entity: Xxh3 of its key, encoded.
  std::vector<uint64_t> Hashes() const;

  // How a generation's values are found: by the key of its view, and `beyond`
  // bytes behind it.
  struct Layout {
    std::vector<KeyPart> key;
    size_t beyond = 0;
  };
  // Calls `visit` with the key of each value that is of one of the entities,
  // and which of Hashes() that is, as long as it returns OK. Where these do not
  // come first in the view's key all values are gone through: it blocks for
  // minutes then.
  using Visit =
      std::function<absl::Status(size_t entity, std::string_view key)>;
  absl::Status FindIn(const LiveGeneration& generation, const Layout& layout,
                      const Visit& visit) const;

 private:
  explicit EntityKeys(std::vector<KeyPart> join_keys)
      : join_keys_(std::move(join_keys)) {}

  // Where values begin that may be theirs.
  absl::StatusOr<std::vector<std::string>> PrefixesIn(
      const std::vector<KeyPart>& view_key,
      const std::vector<size_t>& places) const;

  std::vector<KeyPart> join_keys_;
  std::vector<std::vector<Value>> keys_;
  std::map<std::string, size_t, std::less<>> by_encoded_;
};

}  // namespace freshet
