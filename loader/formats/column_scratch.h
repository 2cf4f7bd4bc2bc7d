// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace arrow {
class MemoryPool;
class RecordBatch;
class RecordBatchReader;
class Schema;
}  // namespace arrow

namespace freshet {

struct ScratchOptions {
  std::string dir;
  int64_t disk_reserve_bytes = 0;
  std::function<void()> on_work = [] {};  // Called for each batch.
};

// Turns columns that were decoded one after the other into rows, through
// nameless files on disk. For row groups whose pages are so large that the
// pages of all columns do not fit in memory at the same time: some writers put
// a column chunk into one page. Not thread-safe.
class ColumnScratch {
 public:
  // What the pointers point to must outlive this object.
  ColumnScratch(ScratchOptions options, std::shared_ptr<arrow::Schema> schema,
                arrow::MemoryPool* pool);
  ~ColumnScratch();

  // Reads the next column of the schema to its end. RESOURCE_EXHAUSTED rather
  // than leave less than the reserve on the disk.
  absl::Status AddColumn(arrow::RecordBatchReader& column);

  // The rows, when all columns were added; null at the end. DATA_LOSS if the
  // columns differ in length.
  absl::StatusOr<std::shared_ptr<arrow::RecordBatch>> Next();

 private:
  const ScratchOptions options_;
  const std::shared_ptr<arrow::Schema> schema_;
  arrow::MemoryPool* const pool_;
  std::vector<std::shared_ptr<arrow::RecordBatchReader>> columns_;
};

}  // namespace freshet
