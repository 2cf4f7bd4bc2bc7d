// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "loader/formats/batch_reader.h"

namespace arrow {
class RecordBatchReader;
}  // namespace arrow
namespace parquet {
class FileMetaData;
}  // namespace parquet
namespace parquet::arrow {
class FileReader;
}  // namespace parquet::arrow

namespace freshet {

// Parquet, one row group after the other, only the wanted columns. Pages are
// streamed through small buffers and never read ahead, so that one row group
// of a whole table costs no more memory than many small ones. Checksums of
// pages are verified where the file has them.
class ParquetReader final : public BatchReader {
 public:
  static absl::StatusOr<std::unique_ptr<BatchReader>> Open(OpenFile file);
  ~ParquetReader() override;

  const arrow::Schema& schema() const override { return *schema_; }
  absl::StatusOr<std::shared_ptr<arrow::RecordBatch>> Next() override;
  std::string Place(int64_t i) const override;
  int64_t bytes_read() const override;

 private:
  explicit ParquetReader(OpenFile file);

  absl::Status OpenFileReader();
  // Checks the footer and finds the wanted leaves.
  absl::Status ReadMetadata();
  absl::Status CheckRowGroups() const;
  absl::Status SelectColumns();
  absl::Status BeginRowGroup();
  // Goes on with the row group column by column, after its pages did not fit
  // in memory together.
  absl::Status BeginColumnwise();
  absl::StatusOr<std::shared_ptr<arrow::RecordBatch>> NextOfRowGroup();
  // OK to go on, or the row group's count was a lie.
  absl::Status EndRowGroup();
  // `status` with the column that cannot be read, found by reading each alone.
  absl::Status NameColumn(const absl::Status& status);

  OpenFile file_;
  std::unique_ptr<parquet::arrow::FileReader> reader_;
  std::shared_ptr<parquet::FileMetaData> metadata_;
  std::shared_ptr<arrow::Schema> schema_;              // Of the wanted columns.
  std::vector<int> leaves_;                            // Of the wanted columns.
  int row_group_ = -1;                                 // Being read.
  std::shared_ptr<arrow::RecordBatchReader> batches_;  // Of that row group.
  std::unique_ptr<ColumnScratch> columnwise_;          // Or these.
  int64_t rows_before_ = 0;  // In the row groups before this one.
  int64_t rows_read_ = 0;    // Of this row group.
  int64_t batch_rows_ = 0;   // Of the last batch.
};

}  // namespace freshet
