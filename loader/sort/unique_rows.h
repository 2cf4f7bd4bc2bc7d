// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "config/definitions.h"
#include "features/row_schema.h"
#include "loader/sort/record.h"

namespace freshet {

// One record per key out of a sorted stream.
//
// kRefuse: the first duplicate key ends the stream with ALREADY_EXISTS, after
// the rest was read to say how many keys occur twice and which the first are.
// kLatest: the row with the newest event time; of equal times the one that
// stands last in the snapshot. Not thread-safe.
class UniqueRows {
 public:
  // `schema` must outlive this object.
  UniqueRows(std::unique_ptr<RecordStream> records, Duplicates duplicates,
             const RowSchema& schema);

  // False at the end. The record is valid until the next call.
  absl::StatusOr<bool> Next(Record* record);

  // Records that gave way to another of their key, so far.
  int64_t replaced() const { return replaced_; }

 private:
  // Makes `best_` the record to return and leaves the first of the next key
  // in `ahead_`.
  absl::Status TakeGroup();
  absl::Status RefuseDuplicates();
  std::string Describe(std::string_view key) const;

  std::unique_ptr<RecordStream> records_;
  const Duplicates duplicates_;
  const RowSchema& schema_;
  bool started_ = false;
  bool more_ = false;  // `ahead_` holds a record.
  Record ahead_;       // Valid until records_ moves on.
  std::string key_;    // Copies of the record to return.
  std::string row_;
  Moment event_time_;
  int64_t replaced_ = 0;
};

}  // namespace freshet
