// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "features/streams/event_codec.h"
#include "loader/log_export/event_table.h"

namespace arrow {
class MemoryPool;
}  // namespace arrow

namespace freshet {

// A Parquet file of one source's events of one day, as it is written: under
// another name, until Publish. Not thread-safe.
class EventFile {
 public:
  struct Place {
    std::string building;  // Where it is written.
    std::string path;      // Where it goes.
  };
  // Of events with the fields of `logged`. The pool outlives it.
  static absl::StatusOr<std::unique_ptr<EventFile>> Make(
      Place place, const LoggedEvents& logged, const ExportedSource& source,
      arrow::MemoryPool* pool);
  EventFile(const EventFile&) = delete;
  EventFile& operator=(const EventFile&) = delete;
  ~EventFile();

  // Requires: table().Has the fields of what is added.
  EventTable& table() { return table_; }
  const std::string& path() const { return place_.path; }

  // Writes what was added, as a row group.
  absl::Status Flush();
  // Writes the rest, and has all of it on disk.
  absl::Status Finish();
  // Gives it its name, in a directory that is made if there is none. On disk
  // when it returns OK. Requires: finished.
  absl::Status Publish() const;
  int64_t bytes() const { return bytes_; }  // Once it is finished.

 private:
  struct Writer;
  EventFile(Place place, EventTable table);

  const Place place_;
  EventTable table_;
  std::unique_ptr<Writer> writer_;
  int64_t bytes_ = 0;
};

}  // namespace freshet
