// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/file.h"
#include "config/definitions.h"
#include "loader/formats/column_scratch.h"
#include "loader/wanted_column.h"

namespace arrow {
class MemoryPool;
class RecordBatch;
class Schema;
}  // namespace arrow

namespace freshet {

class FieldNames;

// What a file may cost. A file that wants more is refused by name.
struct ReadLimits {
  int64_t columns_max = 4096;
  int64_t row_bytes_max = 1 << 20;
  int64_t footer_bytes_max = 16 << 20;
  int64_t depth_max = 32;         // Of nested types.
  int64_t expansion_max = 200;    // Decompressed against compressed text.
  int64_t batch_bytes = 8 << 20;  // What a batch is aimed at.
  int64_t batch_rows_max = 4096;
};

struct OpenFile {
  UniqueFd fd;
  std::string name;  // By which the format is known.
  int64_t bytes = 0;
  FileFormat format = FileFormat::kAuto;
  std::span<const WantedColumn> wanted;  // Must outlive the reader.
  ReadLimits limits;
  ScratchOptions scratch;             // For what memory does not hold.
  arrow::MemoryPool* pool = nullptr;  // Bounded; for all that is decoded.
  // JSON Lines has no header: the field names that occurred are added here,
  // and whether a wanted one never did is known when all files were read.
  FieldNames* names_seen = nullptr;
  // Called while there is no batch yet, for each piece of what leads to one.
  std::function<void()> on_work = [] {};
};

// Reads one file of a snapshot as a stream of Arrow batches that hold the
// wanted columns, in bounded memory. The seam between formats and the rest.
//
// Errors name what stands wrong within the file; the caller adds its name.
// Not thread-safe.
class BatchReader {
 public:
  virtual ~BatchReader() = default;

  // Has every wanted column once, but for optional ones that the file lacks.
  virtual const arrow::Schema& schema() const = 0;

  // Whether a column is text, to be parsed by the wanted type.
  virtual bool is_text(std::string_view /*column*/) const { return false; }

  // Null at the end of the file.
  virtual absl::StatusOr<std::shared_ptr<arrow::RecordBatch>> Next() = 0;

  // Where row `i` of the last batch stands, for people: `row group 2, row 17`.
  // Rows count from 1 within the file, row groups from 0.
  virtual std::string Place(int64_t i) const = 0;

  // Of the file, for progress.
  virtual int64_t bytes_read() const = 0;
};

// By `format`, or by the name and the first bytes. INVALID_ARGUMENT names the
// formats there are; NOT_FOUND names a missing column.
absl::StatusOr<std::unique_ptr<BatchReader>> OpenBatchReader(OpenFile file);

// One per format; use OpenBatchReader.
absl::StatusOr<std::unique_ptr<BatchReader>> OpenParquet(OpenFile file);
absl::StatusOr<std::unique_ptr<BatchReader>> OpenCsv(OpenFile file);
absl::StatusOr<std::unique_ptr<BatchReader>> OpenJsonLines(OpenFile file);
absl::StatusOr<std::unique_ptr<BatchReader>> OpenArrow(OpenFile file);

}  // namespace freshet
