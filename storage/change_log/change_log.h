// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace freshet {

// Every change to live rows, in order, on disk before anything else knows of
// it: what the live store is built from again after a crash, and the history
// that training needs (docs/semantics.md, rule 23). A directory of segments,
// each a file of checksummed records; docs/format.md, "Change log", has every
// byte.
//
// Records are numbered from 1 without gaps. A second file says up to which
// number they are acknowledged, so that one that was acknowledged and is not
// there any more is always noticed, whatever happened to a segment: Open or
// Read says DATA_LOSS and names it. Records after that number may be lost by a
// crash, and their remains are cut off.
//
// Append, Split and Trim: one thread at a time. Read and the numbers: any
// thread.
class ChangeLog {
 public:
  struct Settings {
    // A segment that is as long is followed by another.
    int64_t segment_bytes = 64 << 20;
  };

  static constexpr int64_t kRecordBytesMax = 16 << 20;

  // Makes the directory where there is none. DATA_LOSS if what was acknowledged
  // is not all there, or what is there is none of ours.
  static absl::StatusOr<std::unique_ptr<ChangeLog>> Open(
      const std::string& dir, const Settings& settings);
  ~ChangeLog();

  // The number of the oldest record that is kept, and of the next one that will
  // be appended. Equal: there is none.
  uint64_t first() const;
  uint64_t next() const;
  int64_t bytes() const;  // Of all segments.
  // The number after the last record that stands in one segment with that of
  // this number, as far as it goes now. Requires: first() <= number < next().
  uint64_t SegmentEnd(uint64_t number) const;

  // Adds the records and, once they are on disk, returns: they are then
  // acknowledged. Blocks for two fdatasyncs. After an error the last records
  // may be there or not when the log is opened again; until then every Append
  // fails. INVALID_ARGUMENT, and nothing happened, for a record of more than
  // kRecordBytesMax.
  absl::Status Append(std::span<const std::string_view> records);

  // Calls `visit` for each record from number `from` on, in order, up to what
  // is acknowledged now, until it returns false. OUT_OF_RANGE if `from` is not
  // kept any more or not there yet; DATA_LOSS at a record that is damaged.
  using Visit = std::function<bool(uint64_t number, std::string_view record)>;
  absl::Status Read(uint64_t from, const Visit& visit) const;

  // Has the records behind some number stand in another segment than the record
  // of that number, if need be from the next one on, and returns the first of
  // them: Trim of it lets go of `number`. Errors as of Append.
  absl::StatusOr<uint64_t> Split(uint64_t number);

  // Deletes the oldest segments as long as all their records are before
  // `number`. The one that is appended to stays.
  absl::Status Trim(uint64_t number);

 private:
  struct Parts;
  explicit ChangeLog(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace freshet
