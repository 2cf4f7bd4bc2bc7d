// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "absl/status/status.h"
#include "loader/wanted_column.h"

namespace freshet {

// The names of fields that occurred in files without a header. Remembers which
// of the wanted ones did, how many others, and a few of those for a message:
// what a file says takes no memory that grows with it. Not thread-safe.
class FieldNames {
 public:
  // `wanted` must outlive this object. Of all names together at most
  // `names_max` may differ.
  FieldNames(std::span<const WantedColumn> wanted, int64_t names_max);

  // RESOURCE_EXHAUSTED if it is one more than names_max. Names whose 64-bit
  // hashes are equal count as one.
  absl::Status Add(std::string_view name);

  bool empty() const { return hashes_.empty(); }

  // All wanted names that occurred, and some of the others, cut if long.
  std::set<std::string> Names() const { return named_; }

 private:
  const std::span<const WantedColumn> wanted_;
  const size_t names_max_;
  std::unordered_set<uint64_t> hashes_;
  std::set<std::string> named_;
  size_t others_ = 0;  // In `named_`, but not wanted.
};

}  // namespace freshet
