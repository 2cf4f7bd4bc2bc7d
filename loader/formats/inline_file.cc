// SPDX-License-Identifier: Apache-2.0
#include "loader/formats/inline_file.h"

#include <arrow/buffer.h>
#include <arrow/io/file.h>
#include <arrow/util/future.h>

#include "base/status.h"
#include "loader/formats/arrow_status.h"

namespace freshet {
namespace {

using arrow::Buffer;
using arrow::Result;
using BufferFuture = arrow::Future<std::shared_ptr<Buffer>>;

class InlineFile final : public arrow::io::RandomAccessFile {
 public:
  explicit InlineFile(std::shared_ptr<arrow::io::ReadableFile> file)
      : file_(std::move(file)) {}

  BufferFuture ReadAsync(const arrow::io::IOContext&, int64_t position,
                         int64_t bytes) override {
    return BufferFuture::MakeFinished(ReadAt(position, bytes));
  }
  BufferFuture ReadAsync(const arrow::io::IOContext&, int64_t position,
                         int64_t bytes, bool allow_short_read) override {
    return BufferFuture::MakeFinished(
        ReadAt(position, bytes, allow_short_read));
  }
  std::vector<BufferFuture> ReadManyAsync(
      const arrow::io::IOContext& context,
      const std::vector<arrow::io::ReadRange>& ranges) override {
    std::vector<BufferFuture> done;
    for (const arrow::io::ReadRange& range : ranges) {
      done.push_back(ReadAsync(context, range.offset, range.length));
    }
    return done;
  }

  // The rest is the file's.
  using RandomAccessFile::ReadAt;
  Result<int64_t> ReadAt(int64_t position, int64_t bytes, void* out) override {
    return file_->ReadAt(position, bytes, out);
  }
  Result<std::shared_ptr<Buffer>> ReadAt(int64_t position,
                                         int64_t bytes) override {
    return file_->ReadAt(position, bytes);
  }
  Result<int64_t> Read(int64_t bytes, void* out) override {
    return file_->Read(bytes, out);
  }
  Result<std::shared_ptr<Buffer>> Read(int64_t bytes) override {
    return file_->Read(bytes);
  }
  Result<int64_t> GetSize() override { return file_->GetSize(); }
  Result<int64_t> Tell() const override { return file_->Tell(); }
  arrow::Status Seek(int64_t position) override {
    return file_->Seek(position);
  }
  arrow::Status Close() override { return file_->Close(); }
  bool closed() const override { return file_->closed(); }

 private:
  std::shared_ptr<arrow::io::ReadableFile> file_;
};

}  // namespace

absl::StatusOr<std::shared_ptr<arrow::io::RandomAccessFile>> OpenInlineFile(
    UniqueFd fd, arrow::MemoryPool* pool) {
  ASSIGN_OR_RETURN(
      std::shared_ptr<arrow::io::ReadableFile> file,
      FromArrowResult(arrow::io::ReadableFile::Open(fd.get(), pool)));
  fd.Release();  // Arrow closes it.
  return std::make_shared<InlineFile>(std::move(file));
}

}  // namespace freshet
