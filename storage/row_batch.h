// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace freshet {

// What a lookup found for each key. The rows stay in pinned blocks: they are
// valid until Reset or destruction. Reusable, so that a request allocates
// nothing once warm. Not thread-safe; the StoreResources of the versions and
// live stores that filled it must outlive it.
class RowBatch {
 public:
  enum class State : uint8_t {
    kNotFound,
    kFound,
    kDeleted,    // Not there: its row says when it was deleted.
    kNeedsDisk,  // Only after LookupCached.
    kCorrupt,    // A block failed its checksum: DATA_LOSS for this key.
    kError,      // The read itself failed.
  };

  RowBatch();
  ~RowBatch();
  RowBatch(RowBatch&&) noexcept;
  RowBatch& operator=(RowBatch&&) noexcept;

  // Lets go of all rows; `size` keys come next, all kNotFound.
  void Reset(size_t size);

  size_t size() const;
  State state(size_t i) const;
  // Requires: state(i) is kFound or kDeleted.
  std::string_view row(size_t i) const;
  // How many are kNeedsDisk.
  size_t needs_disk() const;

 private:
  friend class LiveGeneration;
  friend class Version;
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace freshet
