// SPDX-License-Identifier: Apache-2.0
#include "loader/formats/parquet_reader.h"

#include <arrow/io/file.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>
#include <parquet/schema.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "base/error.h"
#include "base/status.h"
#include "loader/formats/arrow_status.h"
#include "loader/rows/int96_times.h"

namespace freshet {
namespace {

constexpr int64_t kTailBytes = 8;  // Length of the footer, then the magic.
constexpr int64_t kPageBufferBytes = 8 << 20;  // Of all columns together.
constexpr int32_t kContainerMax = 200'000;  // Entries of one list in a footer.
constexpr int32_t kFooterStringMax = 16 << 20;

// What can be known before Arrow parses anything.
absl::Status CheckTail(const OpenFile& file) {
  char head[4] = {};
  char tail[kTailBytes] = {};
  const ssize_t got_head = ::pread(file.fd.get(), head, sizeof(head), 0);
  const ssize_t got_tail = ::pread(file.fd.get(), tail, sizeof(tail),
                                   std::max<int64_t>(0, file.bytes - 8));
  const std::string_view magic(tail + 4, 4);
  if (got_head != sizeof(head) || got_tail != kTailBytes || file.bytes < 12 ||
      std::string_view(head, 4) != magic) {
    return DataLoss(
        "it does not begin and end as a Parquet file ({} bytes): truncated, "
        "still being written, or another format",
        file.bytes);
  }
  if (magic == "PARE") {
    return Unimplemented("its footer is encrypted, which is not read");
  }
  if (magic != "PAR1") return DataLoss("it is not a Parquet file");
  uint32_t footer;
  std::memcpy(&footer, tail, sizeof(footer));
  if (footer > file.limits.footer_bytes_max) {
    return ResourceExhausted("its footer has {} bytes; at most {} are read",
                             footer, file.limits.footer_bytes_max);
  }
  if (footer > file.bytes - 12) {
    return DataLoss("its footer says {} bytes, the file has {}", footer,
                    file.bytes);
  }
  return absl::OkStatus();
}

parquet::ReaderProperties ReadProperties(const OpenFile& file) {
  parquet::ReaderProperties properties(file.pool);
  properties.enable_buffered_stream();
  const auto columns = static_cast<int64_t>(file.wanted.size());
  properties.set_buffer_size(
      std::clamp<int64_t>(kPageBufferBytes / columns, 16 << 10, 1 << 20));
  properties.set_thrift_string_size_limit(kFooterStringMax);
  properties.set_thrift_container_size_limit(kContainerMax);
  properties.set_schema_depth_limit(
      static_cast<int32_t>(file.limits.depth_max));
  properties.set_page_checksum_verification(true);
  return properties;
}

parquet::ArrowReaderProperties ArrowProperties(Int96Span int96) {
  parquet::ArrowReaderProperties properties(/*use_threads=*/false);
  properties.set_pre_buffer(false);
  // INT96 holds nanoseconds of any year; what does not fit the unit wraps.
  properties.set_coerce_int96_timestamp_unit(int96 == Int96Span::kNanoseconds
                                                 ? arrow::TimeUnit::NANO
                                                 : arrow::TimeUnit::MICRO);
  return properties;
}

std::set<std::string> WantedNames(std::span<const WantedColumn> wanted) {
  std::set<std::string> names;
  for (const WantedColumn& want : wanted) names.insert(want.column);
  return names;
}

}  // namespace

absl::StatusOr<std::unique_ptr<BatchReader>> OpenParquet(OpenFile file) {
  return ParquetReader::Open(std::move(file));
}

ParquetReader::ParquetReader(OpenFile file) : file_(std::move(file)) {}
ParquetReader::~ParquetReader() = default;

absl::StatusOr<std::unique_ptr<BatchReader>> ParquetReader::Open(
    OpenFile file) {
  RETURN_IF_ERROR(CheckTail(file));
  std::unique_ptr<ParquetReader> reader(new ParquetReader(std::move(file)));
  RETURN_IF_ERROR(reader->OpenFileReader());
  RETURN_IF_ERROR(reader->SelectColumns());
  return std::unique_ptr<BatchReader>(std::move(reader));
}

absl::Status ParquetReader::OpenFileReader() {
  ASSIGN_OR_RETURN(auto input, FromArrowResult(arrow::io::ReadableFile::Open(
                                   file_.fd.get(), file_.pool)));
  file_.fd.Release();  // Arrow closes it.
  parquet::arrow::FileReaderBuilder builder;
  const absl::Status opened =
      FromArrow(builder.Open(std::move(input), ReadProperties(file_)));
  if (!opened.ok()) return Annotate(opened, "its footer cannot be read");
  metadata_ = builder.raw_reader()->metadata();
  RETURN_IF_ERROR(ReadMetadata());
  ASSIGN_OR_RETURN(
      const Int96Span span,
      ReadInt96Times(*builder.raw_reader(), leaves_, file_.on_work));
  builder.memory_pool(file_.pool);
  builder.properties(ArrowProperties(span));
  ASSIGN_OR_RETURN(reader_, FromArrowResult(builder.Build()));
  return absl::OkStatus();
}

absl::Status ParquetReader::ReadMetadata() {
  if (metadata_->num_columns() > file_.limits.columns_max) {
    return ResourceExhausted(
        "it has {} columns; at most {} are read (settings.load.columns_max)",
        metadata_->num_columns(), file_.limits.columns_max);
  }
  RETURN_IF_ERROR(CheckRowGroups());
  const std::set<std::string> names = WantedNames(file_.wanted);
  const parquet::SchemaDescriptor& leaves = *metadata_->schema();
  for (int i = 0; i < leaves.num_columns(); ++i) {
    if (names.contains(leaves.GetColumnRoot(i)->name())) leaves_.push_back(i);
  }
  return absl::OkStatus();
}

absl::Status ParquetReader::SelectColumns() {
  std::shared_ptr<arrow::Schema> all;
  RETURN_IF_ERROR(FromArrow(reader_->GetSchema(&all)));
  RETURN_IF_ERROR(CheckColumns(file_.wanted, all->field_names()));

  const std::set<std::string> names = WantedNames(file_.wanted);
  arrow::FieldVector fields;
  for (const auto& field : all->fields()) {
    if (names.contains(field->name())) fields.push_back(field);
  }
  schema_ = arrow::schema(fields);
  return absl::OkStatus();
}

absl::Status ParquetReader::CheckRowGroups() const {
  int64_t rows = 0;
  for (int g = 0; g < metadata_->num_row_groups(); ++g) {
    const auto group = metadata_->RowGroup(g);
    if (group->num_rows() < 0 ||
        __builtin_add_overflow(rows, group->num_rows(), &rows)) {
      return DataLoss("row group {} says it has {} rows", g, group->num_rows());
    }
    if (group->num_columns() != metadata_->num_columns()) {
      return DataLoss("row group {} has {} columns, the file {}", g,
                      group->num_columns(), metadata_->num_columns());
    }
  }
  if (rows != metadata_->num_rows()) {
    return DataLoss("its row groups have {} rows together, its footer says {}",
                    rows, metadata_->num_rows());
  }
  return absl::OkStatus();
}

absl::Status ParquetReader::BeginRowGroup() {
  const auto group = metadata_->RowGroup(row_group_);
  int64_t bytes = 0;
  for (const int leaf : leaves_) {
    bytes += std::max<int64_t>(
        0, group->ColumnChunk(leaf)->total_uncompressed_size());
  }
  const int64_t row_bytes =
      std::max<int64_t>(1, bytes / std::max<int64_t>(1, group->num_rows()));
  reader_->set_batch_size(std::clamp<int64_t>(
      file_.limits.batch_bytes / row_bytes, 16, file_.limits.batch_rows_max));
  rows_read_ = 0;
  ASSIGN_OR_RETURN(batches_, FromArrowResult(reader_->GetRecordBatchReader(
                                 {row_group_}, leaves_)));
  return absl::OkStatus();
}

absl::Status ParquetReader::EndRowGroup() {
  const int64_t said = metadata_->RowGroup(row_group_)->num_rows();
  if (rows_read_ != said) {
    return DataLoss("row group {} says it has {} rows, but holds {}",
                    row_group_, said, rows_read_);
  }
  batches_.reset();
  columnwise_.reset();
  rows_before_ += said;
  rows_read_ = 0;
  return absl::OkStatus();
}

absl::Status ParquetReader::BeginColumnwise() {
  batches_.reset();
  columnwise_ =
      std::make_unique<ColumnScratch>(file_.scratch, schema_, file_.pool);
  for (const int leaf : leaves_) {
    ASSIGN_OR_RETURN(
        const auto column,
        FromArrowResult(reader_->GetRecordBatchReader({row_group_}, {leaf})));
    RETURN_IF_ERROR(columnwise_->AddColumn(*column));
  }
  // Batches are cut at the same rows as before.
  for (int64_t skip = rows_read_; skip > 0;) {
    ASSIGN_OR_RETURN(const auto batch, columnwise_->Next());
    if (batch == nullptr) return DataLoss("it changed while it was read");
    skip -= batch->num_rows();
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<arrow::RecordBatch>>
ParquetReader::NextOfRowGroup() {
  if (columnwise_ != nullptr) return columnwise_->Next();
  auto batch = FromArrowResult(batches_->Next());
  const bool too_large =
      absl::IsResourceExhausted(batch.status()) && leaves_.size() > 1;
  if (!too_large) return batch;
  RETURN_IF_ERROR(BeginColumnwise());
  return columnwise_->Next();
}

absl::StatusOr<std::shared_ptr<arrow::RecordBatch>> ParquetReader::Next() {
  for (;;) {
    if (batches_ == nullptr && columnwise_ == nullptr) {
      file_.on_work();
      if (++row_group_ >= metadata_->num_row_groups()) return nullptr;
      if (absl::Status begun = BeginRowGroup(); !begun.ok()) {
        return NameColumn(begun);
      }
    }
    auto batch = NextOfRowGroup();
    if (!batch.ok()) return NameColumn(batch.status());
    if (*batch == nullptr || (*batch)->num_rows() == 0) {
      RETURN_IF_ERROR(EndRowGroup());
      continue;
    }
    if (absl::Status valid = FromArrow((*batch)->Validate()); !valid.ok()) {
      return NameColumn(valid);
    }
    batch_rows_ = (*batch)->num_rows();
    rows_read_ += batch_rows_;
    return *std::move(batch);
  }
}

absl::Status ParquetReader::NameColumn(const absl::Status& status) {
  batches_.reset();
  columnwise_.reset();
  const std::string where = fmt::format(
      "row group {}, rows from {}", row_group_, rows_before_ + rows_read_ + 1);
  for (const int leaf : leaves_) {
    absl::Status alone = absl::OkStatus();
    auto reader =
        FromArrowResult(reader_->GetRecordBatchReader({row_group_}, {leaf}));
    if (!reader.ok()) alone = reader.status();
    while (alone.ok()) {
      const auto batch = FromArrowResult((*reader)->Next());
      file_.on_work();
      if (!batch.ok()) alone = batch.status();
      if (!batch.ok() || *batch == nullptr) break;
    }
    if (alone.ok()) continue;
    return Annotate(
        alone, fmt::format("{}, column '{}'", where,
                           metadata_->schema()->GetColumnRoot(leaf)->name()));
  }
  return Annotate(status, where);
}

std::string ParquetReader::Place(int64_t i) const {
  return fmt::format("row group {}, row {}", row_group_,
                     rows_before_ + rows_read_ - batch_rows_ + i + 1);
}

int64_t ParquetReader::bytes_read() const {
  const int64_t total = metadata_->num_rows();
  const int64_t rows = rows_before_ + rows_read_;
  if (total <= 0 || rows >= total) return file_.bytes;
  return static_cast<int64_t>(static_cast<double>(file_.bytes) *
                              static_cast<double>(rows) /
                              static_cast<double>(total));
}

}  // namespace freshet
