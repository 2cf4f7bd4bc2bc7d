// SPDX-License-Identifier: Apache-2.0
#include "loader/formats/ipc_reader.h"

#include <arrow/array.h>
#include <arrow/io/interfaces.h>
#include <arrow/ipc/options.h>
#include <arrow/ipc/reader.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <unistd.h>

#include <set>

#include "base/error.h"
#include "base/status.h"
#include "loader/formats/arrow_status.h"
#include "loader/formats/inline_file.h"

namespace freshet {
namespace {

constexpr std::string_view kFileMagic = "ARROW1";

bool IsFileFormat(int fd) {
  char head[kFileMagic.size()] = {};
  return ::pread(fd, head, sizeof(head), 0) == sizeof(head) &&
         std::string_view(head, sizeof(head)) == kFileMagic;
}

arrow::ipc::IpcReadOptions ReadOptions(const OpenFile& file) {
  arrow::ipc::IpcReadOptions options = arrow::ipc::IpcReadOptions::Defaults();
  options.memory_pool = file.pool;
  options.max_recursion_depth = static_cast<int>(file.limits.depth_max);
  options.use_threads = false;
  return options;
}

// Offsets, indices, lengths and UTF-8: nothing in a file is believed.
absl::Status Validate(const arrow::RecordBatch& batch,
                      const std::string& where) {
  for (int i = 0; i < batch.num_columns(); ++i) {
    const absl::Status valid = FromArrow(batch.column(i)->ValidateFull());
    if (valid.ok()) continue;
    return Annotate(
        valid, fmt::format("{}, column '{}'", where, batch.column_name(i)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<BatchReader>> OpenArrow(OpenFile file) {
  return IpcReader::Open(std::move(file));
}

IpcReader::IpcReader(OpenFile file) : file_(std::move(file)) {}
IpcReader::~IpcReader() = default;

absl::StatusOr<std::unique_ptr<BatchReader>> IpcReader::Open(OpenFile file) {
  std::unique_ptr<IpcReader> reader(new IpcReader(std::move(file)));
  const absl::Status opened = reader->OpenFormat();
  if (!opened.ok()) return opened;
  return std::unique_ptr<BatchReader>(std::move(reader));
}

absl::Status IpcReader::OpenFormat() {
  const bool is_file = IsFileFormat(file_.fd.get());
  ASSIGN_OR_RETURN(input_, OpenInlineFile(std::move(file_.fd), file_.pool));
  arrow::ipc::IpcReadOptions options = ReadOptions(file_);
  // Twice: which columns to leave out is known when the schema was read.
  RETURN_IF_ERROR(OpenReader(is_file, options));
  ASSIGN_OR_RETURN(options.included_fields, SelectFields());
  RETURN_IF_ERROR(FromArrow(input_->Seek(0)));
  return OpenReader(is_file, options);
}

absl::Status IpcReader::OpenReader(bool is_file,
                                   const arrow::ipc::IpcReadOptions& options) {
  if (is_file) {
    ASSIGN_OR_RETURN(file_reader_,
                     FromArrowResult(arrow::ipc::RecordBatchFileReader::Open(
                         input_, options)));
    schema_ = file_reader_->schema();
  } else {
    ASSIGN_OR_RETURN(stream_reader_,
                     FromArrowResult(arrow::ipc::RecordBatchStreamReader::Open(
                         input_, options)));
    schema_ = stream_reader_->schema();
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<int>> IpcReader::SelectFields() const {
  if (schema_->num_fields() > file_.limits.columns_max) {
    return ResourceExhausted(
        "it has {} columns; at most {} are read (settings.load.columns_max)",
        schema_->num_fields(), file_.limits.columns_max);
  }
  RETURN_IF_ERROR(CheckColumns(file_.wanted, schema_->field_names()));
  std::set<std::string> names;
  for (const WantedColumn& want : file_.wanted) names.insert(want.column);
  std::vector<int> fields;
  for (int i = 0; i < schema_->num_fields(); ++i) {
    if (names.contains(schema_->field(i)->name())) fields.push_back(i);
  }
  return fields;
}

absl::StatusOr<std::shared_ptr<arrow::RecordBatch>> IpcReader::ReadBatch() {
  if (stream_reader_ != nullptr) return ReadFromStream();
  if (next_batch_ >= file_reader_->num_record_batches()) return nullptr;
  return FromArrowResult(file_reader_->ReadRecordBatch(next_batch_));
}

// Arrow takes the end of the file for the end of the stream, but then a file
// that was cut off between two batches would be taken for whole.
absl::StatusOr<std::shared_ptr<arrow::RecordBatch>>
IpcReader::ReadFromStream() {
  const int64_t before = bytes_read();
  auto batch = FromArrowResult(stream_reader_->Next());
  if (batch.ok() && *batch == nullptr && bytes_read() == before) {
    return DataLoss(
        "the stream has no end-of-stream marker here, where the file ends: it "
        "was cut off, or never finished");
  }
  return batch;
}

absl::StatusOr<std::shared_ptr<arrow::RecordBatch>> IpcReader::Next() {
  rows_before_ += batch_rows_;
  batch_rows_ = 0;
  for (;;) {
    const std::string where = fmt::format("batch {}", next_batch_);
    auto batch = ReadBatch();
    file_.on_work();
    ++next_batch_;
    if (!batch.ok()) return Annotate(batch.status(), where);
    if (*batch == nullptr) return nullptr;
    RETURN_IF_ERROR(Validate(**batch, where));
    if ((*batch)->num_rows() == 0) continue;
    batch_rows_ = (*batch)->num_rows();
    return *std::move(batch);
  }
}

std::string IpcReader::Place(int64_t i) const {
  return fmt::format("batch {}, row {}", next_batch_ - 1, rows_before_ + i + 1);
}

int64_t IpcReader::bytes_read() const {
  const auto position = input_->Tell();
  return position.ok() ? *position : 0;
}

}  // namespace freshet
