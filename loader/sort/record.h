// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"

namespace freshet {

// One encoded row on its way to a version.
struct Record {
  std::string_view key;
  std::string_view row;
  int64_t event_time_micros = 0;
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
