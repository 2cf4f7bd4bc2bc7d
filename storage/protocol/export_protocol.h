// SPDX-License-Identifier: Apache-2.0
// What the daemon and the child that writes events to files say to each other:
// the daemon one ExportOrder, in one line, and the child an ExportReport, a
// line each: some on the way, and the last one. When the child's standard input
// is closed the daemon is gone, and it ends.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace freshet {

// What a definition says of a source's fields.
struct ExportedSource {
  std::string timestamp_field = {};
  std::string id_field = {};  // "": it has none.

  bool operator==(const ExportedSource&) const = default;
};

struct ExportOrder {
  std::string log_dir = {};  // Of the change log.
  // Its records [from, until), which are acknowledged, in one segment.
  uint64_t from = 0;
  uint64_t until = 0;
  uint64_t log_id = 0;
  std::string directory = {};  // Where the files go. It exists.
  std::map<std::string, ExportedSource> sources = {};  // As far as is known.
  // Files of events that arrived on days that ended before go; 0: none do.
  int64_t keep_from_micros = 0;
  int64_t memory_max_bytes = 0;    // RLIMIT_AS; 0: none.
  int64_t disk_reserve_bytes = 0;  // RESOURCE_EXHAUSTED before it.
};

std::string SerializeExportOrder(const ExportOrder& order);  // Without newline.
absl::StatusOr<ExportOrder> ParseExportOrder(std::string_view line);
// By its beginning: a loader is told a LoadSpec instead.
bool IsExportOrder(std::string_view line);

struct ExportReport {
  bool is_last = false;
  absl::Status status =
      {};               // Of the last: whether all is on disk, in its place.
  int64_t records = 0;  // Gone through until now.
  int64_t events = 0;
  int64_t files = 0;  // In place.
  int64_t bytes = 0;  // Of them.
  int64_t removed_files = 0;
};

std::string SerializeExportReport(const ExportReport& report);  // With newline.
absl::StatusOr<ExportReport> ParseExportReport(std::string_view line);

}  // namespace freshet
