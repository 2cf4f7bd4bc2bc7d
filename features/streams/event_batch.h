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
  // By field: 1 for each event that says nothing of it, which is null then.
  // Empty where all say something; none at all: of every field.
  std::vector<std::vector<uint8_t>> absent = {};
  // Where each event stands in its log, for ties of time. Both empty: it is
  // pushed and stands where the change log has it.
  std::vector<int32_t> partitions = {};
  std::vector<int64_t> offsets = {};
};

// Whether an event says nothing of a field.
inline bool IsAbsent(const EventBatch& events, size_t field, size_t row) {
  return !events.absent.empty() && !events.absent[field].empty() &&
         events.absent[field][row] != 0;
}

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
  // Added, to tiles that nobody reads: it is of a time that a history answers
  // for, which knows of it or does not (docs/semantics.md, rule 29).
  kBeforeCutover,
};
inline constexpr size_t kEventOutcomes = 9;

}  // namespace freshet
