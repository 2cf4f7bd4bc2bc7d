// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "loader/sort/record.h"
#include "loader/sort/run_file.h"
#include "loader/sort/sort_buffer.h"

namespace freshet {

struct RowSorterOptions {
  std::string dir;  // Where runs are spilled.
  int64_t buffer_bytes = 512 << 20;
  int64_t disk_reserve_bytes = 0;
  // Runs that are merged into one when there are about twice as many: each
  // that is open costs a block of memory and a file descriptor.
  size_t fan_in = 128;
  // Called often while the sorter spills, sorts and merges.
  std::function<void()> on_work = [] {};
};

// Sorts more records than fit in memory: full buffers are spilled as sorted
// runs and merged when read. What fits is never written. Stable: records with
// equal keys keep their order. Not thread-safe.
class RowSorter {
 public:
  static absl::StatusOr<std::unique_ptr<RowSorter>> Create(
      RowSorterOptions options);

  // RESOURCE_EXHAUSTED on a full disk, or a record that no buffer can hold.
  absl::Status Add(const Record& record);

  // All records. The sorter must outlive the stream, and takes no more.
  absl::StatusOr<std::unique_ptr<RecordStream>> Finish();

  int64_t runs_spilled() const { return runs_spilled_; }

 private:
  RowSorter(RowSorterOptions options, std::unique_ptr<SortBuffer> buffer);

  absl::Status Spill();
  // Keeps fewer than 2 * fan_in - 1.
  absl::Status ReduceRuns();

  const RowSorterOptions options_;
  std::unique_ptr<SortBuffer> buffer_;
  std::vector<std::unique_ptr<RecordStream>> runs_;  // In the order of arrival.
  int64_t runs_spilled_ = 0;
};

// Merges sorted streams; among equal keys the earlier stream comes first.
std::unique_ptr<RecordStream> MergeStreams(
    std::vector<std::unique_ptr<RecordStream>> streams);

}  // namespace freshet
