// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "loader/progress_reporter.h"
#include "storage/manifest.h"
#include "storage/protocol/load_protocol.h"
#include "storage/version_writer.h"

namespace freshet {

// The version that a loader builds: rows into its building directory, progress
// to the daemon. Not thread-safe.
class VersionOutput {
 public:
  // `progress` must outlive it. `bytes_read`: of the snapshot, for progress.
  static absl::StatusOr<std::unique_ptr<VersionOutput>> Create(
      const LoadSpec& spec, Manifest identity, int64_t bytes_read,
      ProgressReporter& progress);

  // As VersionWriter::Add.
  absl::Status Add(std::string_view key, std::string_view row);

  // As VersionWriter::Finish.
  absl::Status Finish(int64_t rows_replaced, std::optional<int64_t> live_rows);

 private:
  VersionOutput(int64_t bytes_read, ProgressReporter& progress)
      : bytes_read_(bytes_read), progress_(progress) {}

  void Report();

  const int64_t bytes_read_;
  ProgressReporter& progress_;
  std::unique_ptr<VersionWriter> writer_;
};

}  // namespace freshet
