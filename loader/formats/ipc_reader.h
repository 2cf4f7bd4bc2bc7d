// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "loader/formats/batch_reader.h"

namespace arrow {
class RecordBatchReader;
}  // namespace arrow
namespace arrow::io {
class RandomAccessFile;
}  // namespace arrow::io
namespace arrow::ipc {
class RecordBatchFileReader;
struct IpcReadOptions;
}  // namespace arrow::ipc

namespace freshet {

// Arrow IPC: the file format and the stream format, told apart by the first
// bytes. One batch of the file is held in memory at a time, so its size is
// bounded by the pool. Every batch is validated in full before it is used.
class IpcReader final : public BatchReader {
 public:
  static absl::StatusOr<std::unique_ptr<BatchReader>> Open(OpenFile file);
  ~IpcReader() override;

  const arrow::Schema& schema() const override { return *schema_; }
  absl::StatusOr<std::shared_ptr<arrow::RecordBatch>> Next() override;
  std::string Place(int64_t i) const override;
  int64_t bytes_read() const override;

 private:
  explicit IpcReader(OpenFile file);

  absl::Status OpenFormat();
  absl::Status OpenReader(bool is_file,
                          const arrow::ipc::IpcReadOptions& options);
  absl::StatusOr<std::vector<int>> SelectFields() const;
  absl::StatusOr<std::shared_ptr<arrow::RecordBatch>> ReadBatch();
  absl::StatusOr<std::shared_ptr<arrow::RecordBatch>> ReadFromStream();

  OpenFile file_;
  std::shared_ptr<arrow::io::RandomAccessFile> input_;
  std::shared_ptr<arrow::ipc::RecordBatchFileReader> file_reader_;
  std::shared_ptr<arrow::RecordBatchReader> stream_reader_;
  std::shared_ptr<arrow::Schema> schema_;
  int next_batch_ = 0;
  int64_t rows_before_ = 0;  // Before the last batch.
  int64_t batch_rows_ = 0;
};

}  // namespace freshet
