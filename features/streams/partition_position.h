// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

// Of a source of several topics: what stands for a partition of one of them in
// EventBatch::partitions. Of one topic it is the partition itself.
int32_t PartitionAmongTopics(std::string_view topic, int32_t partition);

// Which of the positions is of the partition that the number stands for; null:
// none is.
const PartitionPosition* PositionOf(
    int32_t number, const std::vector<PartitionPosition>& positions);

}  // namespace freshet
