// SPDX-License-Identifier: Apache-2.0
// Sorted runs: what of a snapshot did not fit in memory, on disk until it is
// merged. A run has no name, so that no crash leaves one behind; its blocks
// carry checksums, since a bit that flips here would otherwise become a value
// that is served.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file.h"
#include "loader/sort/record.h"

namespace freshet {

// Not thread-safe. After an error throw the run away.
class RunWriter {
 public:
  // In `dir`. Fails with RESOURCE_EXHAUSTED rather than leave less than
  // `disk_reserve_bytes` free.
  static absl::StatusOr<std::unique_ptr<RunWriter>> Create(
      const std::string& dir, int64_t disk_reserve_bytes);

  // Requires: records come in the order of a RecordStream; no key has more
  // than kRecordKeyBytesMax bytes.
  absl::Status Add(const Record& record);

  // The records again. The writer must not be used afterwards.
  absl::StatusOr<std::unique_ptr<RecordStream>> Finish();

 private:
  RunWriter(UniqueFd fd, std::string dir, int64_t disk_reserve_bytes);

  absl::Status WriteBlock();

  UniqueFd fd_;
  const std::string dir_;
  const int64_t disk_reserve_bytes_;
  std::string block_;
  int64_t bytes_ = 0;
};

}  // namespace freshet
