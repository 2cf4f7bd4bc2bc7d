// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "loader/rows/moment.h"

namespace freshet {

inline constexpr size_t kRecordKeyBytesMax = UINT16_MAX;

// One encoded row on its way to a version.
struct Record {
  std::string_view key;
  std::string_view row;
  Moment event_time = {};
};

// Records in the order of their keys; equal keys in the order in which they
// stood in the snapshot. Not thread-safe.
class RecordStream {
 public:
  virtual ~RecordStream() = default;

  // False at the end. The record is valid until the next call.
  virtual absl::StatusOr<bool> Next(Record* record) = 0;
};

}  // namespace freshet
