// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "storage/engine/layer_parts.h"

namespace freshet {

// The rows of several layers in the order of their keys; of a key the row of
// the newest layer that has it, which may be a deleted one. Not thread-safe.
class MergedLayers {
 public:
  // The newest first; they must outlive it. Requires: at least one.
  explicit MergedLayers(std::span<const std::shared_ptr<const Layer>> layers);

  bool Valid() const { return at_ != nullptr; }
  std::string_view key() const;  // Requires Valid().
  std::string_view row() const;
  size_t layer() const;  // That has the row, counted from the newest.
  void Next();
  absl::Status status() const;

 private:
  void FindUpper();
  void Choose();

  const std::span<const std::shared_ptr<const Layer>> layers_;
  std::vector<std::unique_ptr<rocksdb::Iterator>> iterators_;
  rocksdb::Iterator* lowest_;           // Has most of the rows.
  rocksdb::Iterator* upper_ = nullptr;  // Of the others the next; null: none.
  rocksdb::Iterator* at_ = nullptr;     // Of `upper_` and `lowest_`.
};

}  // namespace freshet
