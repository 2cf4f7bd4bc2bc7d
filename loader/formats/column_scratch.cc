// SPDX-License-Identifier: Apache-2.0
#include "loader/formats/column_scratch.h"

#include <arrow/array.h>
#include <arrow/io/file.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/byte_size.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "base/file.h"
#include "base/status.h"
#include "loader/formats/arrow_status.h"
#include "loader/sort/disk_reserve.h"
#include "loader/sort/nameless_file.h"

namespace freshet {

ColumnScratch::ColumnScratch(ScratchOptions options,
                             std::shared_ptr<arrow::Schema> schema,
                             arrow::MemoryPool* pool)
    : options_(std::move(options)), schema_(std::move(schema)), pool_(pool) {}

ColumnScratch::~ColumnScratch() = default;

absl::Status ColumnScratch::AddColumn(arrow::RecordBatchReader& column) {
  ASSIGN_OR_RETURN(UniqueFd fd, OpenNameless(options_.dir));
  UniqueFd out(::dup(fd.get()));
  if (!out.ok()) return ErrnoError("cannot dup", options_.dir, errno);
  ASSIGN_OR_RETURN(
      auto sink, FromArrowResult(arrow::io::FileOutputStream::Open(out.get())));
  out.Release();  // Arrow closes it.
  auto write_options = arrow::ipc::IpcWriteOptions::Defaults();
  write_options.memory_pool = pool_;
  write_options.use_threads = false;
  ASSIGN_OR_RETURN(const auto writer,
                   FromArrowResult(arrow::ipc::MakeStreamWriter(
                       sink, column.schema(), write_options)));
  for (;;) {
    ASSIGN_OR_RETURN(const auto batch, FromArrowResult(column.Next()));
    if (batch == nullptr) break;
    options_.on_work();
    RETURN_IF_ERROR(CheckDiskReserve(options_.dir, options_.disk_reserve_bytes,
                                     arrow::util::TotalBufferSize(*batch)));
    RETURN_IF_ERROR(FromArrow(writer->WriteRecordBatch(*batch)));
  }
  RETURN_IF_ERROR(FromArrow(writer->Close()));
  RETURN_IF_ERROR(FromArrow(sink->Close()));

  if (::lseek(fd.get(), 0, SEEK_SET) != 0) {
    return ErrnoError("cannot rewind a column in", options_.dir, errno);
  }
  ASSIGN_OR_RETURN(
      const auto input,
      FromArrowResult(arrow::io::ReadableFile::Open(fd.get(), pool_)));
  fd.Release();  // Arrow closes it.
  auto read_options = arrow::ipc::IpcReadOptions::Defaults();
  read_options.memory_pool = pool_;
  read_options.use_threads = false;
  ASSIGN_OR_RETURN(auto reader,
                   FromArrowResult(arrow::ipc::RecordBatchStreamReader::Open(
                       input, read_options)));
  columns_.push_back(std::move(reader));
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<arrow::RecordBatch>> ColumnScratch::Next() {
  arrow::ArrayVector arrays;
  for (const auto& column : columns_) {
    ASSIGN_OR_RETURN(const auto batch, FromArrowResult(column->Next()));
    if (batch != nullptr) arrays.push_back(batch->column(0));
  }
  if (arrays.empty()) return nullptr;
  options_.on_work();
  const int64_t rows = arrays[0]->length();
  for (const auto& array : arrays) {
    if (arrays.size() != columns_.size() || array->length() != rows) {
      return DataLoss("its columns have different numbers of rows");
    }
  }
  return arrow::RecordBatch::Make(schema_, rows, std::move(arrays));
}

}  // namespace freshet
