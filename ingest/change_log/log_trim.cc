// SPDX-License-Identifier: Apache-2.0
#include "ingest/change_log/log_trim.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/file.h"
#include "base/status.h"
#include "storage/change_log/change_log.h"

namespace freshet {

LogTrim::LogTrim(ChangeLog& log, Options options)
    : log_(log),
      options_(std::move(options)),
      copied_(options_.copied_bytes_max > 0
                  ? 0
                  : std::numeric_limits<uint64_t>::max()) {}

absl::StatusOr<bool> LogTrim::IsRoom() const {
  if (log_.bytes() > options_.copied_bytes_max) return false;
  ASSIGN_OR_RETURN(const int64_t free_bytes, FreeBytes(options_.dir));
  return free_bytes >= options_.free_bytes_min;
}

absl::Status LogTrim::Trim(uint64_t number) {
  number_ = std::max(number_, number);
  return TrimTo(number);
}

absl::Status LogTrim::TrimAgain(uint64_t until) {
  return TrimTo(std::min(number_, until));
}

absl::Status LogTrim::TrimTo(uint64_t number) {
  RETURN_IF_ERROR(log_.Trim(std::min(copied_.load(), number)));
  // Segment by segment: no more is lost than has to be.
  while (log_.first() < log_.next()) {
    const uint64_t end = log_.SegmentEnd(log_.first());
    if (end > number || end == log_.next()) break;
    ASSIGN_OR_RETURN(const bool is_room, IsRoom());
    if (is_room) break;
    RETURN_IF_ERROR(log_.Trim(end));
  }
  return absl::OkStatus();
}

}  // namespace freshet
