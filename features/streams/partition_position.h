// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace freshet {

// How far one partition of a source's topics has been read: all that is before
// is in the change log, or was no event.
struct PartitionPosition {
  // The record that was read last, and its RecordHash (docs/semantics.md,
  // rule 21).
  struct Last {
    int64_t offset = 0;
    uint64_t hash = 0;

    bool operator==(const Last&) const = default;
  };

  std::string topic = {};
  int32_t partition = 0;
  int64_t next = 0;                         // The offset to be read next.
  std::optional<Last> last = std::nullopt;  // None: nothing was read yet.

  bool operator==(const PartitionPosition&) const = default;
};

}  // namespace freshet
