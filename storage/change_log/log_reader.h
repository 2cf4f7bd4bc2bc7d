// SPDX-License-Identifier: Apache-2.0
// Reads of a change log's files, for its own process and for a child of it.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "storage/change_log/segment.h"

namespace freshet {

// The records of [from, end).
struct RecordRange {
  uint64_t from = 0;
  uint64_t end = 0;
};

// Calls `visit` for each record of them, in order, until it returns false.
// `firsts`: the first records of the segments that there are. DATA_LOSS: a
// record of them is damaged, or is not there.
absl::Status ReadSegments(const std::string& dir,
                          std::span<const uint64_t> firsts,
                          const RecordRange& range, const VisitRecord& visit);

// The same of a log that another process appends to and trims meanwhile.
// Requires: the records before `end` are acknowledged. OUT_OF_RANGE: those from
// `from` on are not kept any more.
absl::Status ReadChangeLog(const std::string& dir, uint64_t from, uint64_t end,
                           const VisitRecord& visit);

}  // namespace freshet
