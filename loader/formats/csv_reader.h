// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "loader/formats/batch_reader.h"
#include "loader/formats/csv_splitter.h"
#include "loader/formats/text_columns.h"

namespace freshet {

// CSV with a header line, plain or packed. An empty field is null, `""` is the
// empty string. Every row must have as many fields as the header.
class CsvReader final : public BatchReader {
 public:
  static absl::StatusOr<std::unique_ptr<BatchReader>> Open(OpenFile file);

  const arrow::Schema& schema() const override { return columns_->schema(); }
  bool is_text(std::string_view) const override { return true; }
  absl::StatusOr<std::shared_ptr<arrow::RecordBatch>> Next() override;
  std::string Place(int64_t i) const override;
  int64_t bytes_read() const override { return splitter_.bytes_read(); }

 private:
  CsvReader(const OpenFile& file, CsvSplitter splitter);

  absl::Status ReadHeader();
  absl::Status AppendRow();

  std::vector<WantedColumn> wanted_;  // After ReadHeader those that it has.
  const ReadLimits limits_;
  arrow::MemoryPool* const pool_;
  CsvSplitter splitter_;
  std::unique_ptr<TextColumns> columns_;  // Of wanted_, after ReadHeader.
  size_t header_fields_ = 0;
  std::vector<size_t> positions_;  // In a row, of each of columns_.
  std::vector<CsvField> fields_;
  int64_t rows_before_ = 0;  // Before the last batch.
  int64_t batch_rows_ = 0;
};

}  // namespace freshet
