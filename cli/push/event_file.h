// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "config/definitions.h"
#include "config/streams/stream_view.h"
#include "features/streams/event_rows.h"

namespace freshet {

// Some events, and of each the line or the row that it stands in.
struct EventLines {
  EventRows rows;
  std::vector<int64_t> lines = {};
};

// Of a file, or of the standard input, one event after the other, in bounded
// memory. Errors name the file, where in it, and what is wrong:
// INVALID_ARGUMENT; ABORTED if it changed meanwhile, or whoever reads it
// failed; another code if it cannot be read.
class EventFile {
 public:
  explicit EventFile(const std::vector<StreamField>& fields);
  virtual ~EventFile() = default;
  EventFile(const EventFile&) = delete;
  EventFile& operator=(const EventFile&) = delete;

  // Reads all of it, before the first Read, and returns what is wrong. What can
  // be read but once is not looked at.
  virtual absl::Status Check() = 0;

  // Replaces `out` by the next events, at most so many and none that would make
  // a request too long; by none at the end.
  virtual absl::Status Read(size_t events_max, EventLines& out) = 0;

  virtual int64_t bytes_read() const = 0;
  virtual int64_t bytes() const = 0;  // 0: not known.
  // What EventLines::lines count: `line` or `row`.
  virtual std::string_view unit() const = 0;
  // Fields that no event had a value of so far.
  std::vector<std::string> NeverGiven() const;

 protected:
  // Whether `rows` are enough for a request.
  static bool IsFull(const EventRows& rows, size_t events_max);
  // That `rows` has an event more.
  void NoteLast(const EventRows& rows);

 private:
  const std::vector<StreamField> fields_;
  std::vector<bool> given_;  // By field.
};

struct EventFileOptions {
  std::string path;  // `-`: the standard input, which is JSON Lines.
  FileFormat format = FileFormat::kAuto;
  std::string zone;  // Of times without one in CSV, Parquet and Arrow.
  DayPoint at_day = DayPoint::kNone;  // Which moment a date is, there.
  std::string loader;  // Path of freshet-load; "": beside this program.
};

// `in`: the standard input, which must stay. JSON Lines is what neither the
// format nor the file says is another. FAILED_PRECONDITION: the options do not
// go together; ABORTED: the loader cannot be started; any other error says why
// the file cannot be opened.
absl::StatusOr<std::unique_ptr<EventFile>> OpenEventFile(
    const EventFileOptions& options, std::FILE* in, const StreamSource& source);

}  // namespace freshet
