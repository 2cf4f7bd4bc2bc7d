// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "features/streams/event_rows.h"
#include "ingest/formats/json_events.h"

namespace freshet {

// Some events, and of each the line that it stands in.
struct EventLines {
  EventRows rows;
  std::vector<int64_t> lines = {};
};

// A file of JSON Lines, or the standard input, read as the loader reads one:
// one event a line, lines without one are skipped. Holds one line in memory.
class EventFile {
 public:
  // `path` is "-" for `in`, which must stay. The error says why it cannot be
  // opened.
  static absl::StatusOr<std::unique_ptr<EventFile>> Open(
      const std::string& path, std::FILE* in,
      const std::vector<StreamField>& fields);
  ~EventFile();
  EventFile(const EventFile&) = delete;
  EventFile& operator=(const EventFile&) = delete;

  // Replaces `out` by the next events, at most so many and none that would make
  // a request too long; by none at the end. INVALID_ARGUMENT names file, line
  // and what is wrong with it; any other error says that it cannot be read.
  absl::Status Read(size_t events_max, EventLines& out);

  // To its beginning. False: it is no regular file, and gives its lines once.
  bool Rewind();

  int64_t bytes_read() const { return bytes_read_; }
  int64_t bytes() const { return bytes_; }  // 0: not known.
  // Fields that no event had a value of so far.
  std::vector<std::string> NeverGiven() const;

 private:
  EventFile(std::FILE* file, std::string path, bool owned,
            const std::vector<StreamField>& fields);
  // Into line_; false at the end.
  absl::StatusOr<bool> NextLine();
  absl::Status Wrong(std::string_view what) const;

  std::FILE* const file_;
  const std::string path_;
  const bool owned_;
  const std::vector<StreamField> fields_;
  JsonEvents events_;
  std::vector<bool> given_;  // By field.
  std::string line_;
  int64_t line_number_ = 0;
  int64_t bytes_read_ = 0;
  int64_t bytes_ = 0;
};

}  // namespace freshet
