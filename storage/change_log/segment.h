// SPDX-License-Identifier: Apache-2.0
// One file of a change log: docs/format.md, "Change log".
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace freshet {

// What stands at the beginning of a segment.
struct SegmentHeader {
  uint64_t first = 1;         // Number of its first record.
  uint64_t before_first = 0;  // That of the segment before; 0: there was none.
  uint64_t before_bytes = 0;  // How long that one is.

  bool operator==(const SegmentHeader&) const = default;
};

inline constexpr int64_t kSegmentHeaderBytes = 8 + 4 + 4 * 8;

// `00000000000000000042.segment`, so that names sort as numbers do.
std::string SegmentName(uint64_t first);
// Nothing if it is not such a name.
std::optional<uint64_t> SegmentNumber(std::string_view name);

std::string SegmentHeaderBytes(const SegmentHeader& header);
void AppendRecord(uint64_t number, std::string_view record, std::string* out);

// A segment as far as its records are whole.
struct SegmentContents {
  SegmentHeader header;
  uint64_t end = 1;      // Number after its last whole record.
  int64_t bytes = 0;     // Up to the end of that record.
  bool damaged = false;  // Bytes follow that are no record.
};

// Reads the file in pieces, and calls `visit` for each whole record before
// `end`, until it returns false. DATA_LOSS if the header is damaged;
// FAILED_PRECONDITION if it is of a later format. A length beyond `bytes_max`
// is not looked at.
using VisitRecord = std::function<bool(uint64_t number, std::string_view)>;
absl::StatusOr<SegmentContents> ReadSegment(const std::string& path,
                                            uint64_t end,
                                            const VisitRecord& visit);

// Only the header.
absl::StatusOr<SegmentHeader> ReadSegmentHeader(const std::string& path);

}  // namespace freshet
