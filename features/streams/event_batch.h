// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "features/expressions/value_column.h"

namespace freshet {

// Some events of one source, as columns. What strings point to belongs to
// whoever filled it.
struct EventBatch {
  size_t rows = 0;
  std::vector<ValueColumn> fields = {};  // By field of the source.
  // Where each event stands in its log, for ties of time. Both empty: it is
  // pushed and stands where the change log has it.
  std::vector<int32_t> partitions = {};
  std::vector<int64_t> offsets = {};
};

// What became of an event in one view.
enum class EventOutcome : uint8_t {
  kAdded,
  kFiltered,  // The view's filter is not true for it.
  kLate,      // Older than any window that it could still be in.
  kFuture,    // Not before now.
  kNoTime,
  kNoKey,      // A join key is null, empty or too long.
  kFailed,     // An expression failed on it.
  kDuplicate,  // It came before.
};
inline constexpr size_t kEventOutcomes = 8;

}  // namespace freshet
