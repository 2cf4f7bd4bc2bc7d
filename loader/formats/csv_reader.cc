// SPDX-License-Identifier: Apache-2.0
#include "loader/formats/csv_reader.h"

#include <arrow/record_batch.h>

#include <algorithm>

#include "base/error.h"
#include "base/status.h"

namespace freshet {
namespace {

// Text is longer than the row that it becomes, and may hold columns that are
// not wanted.
int64_t RecordBytesMax(const ReadLimits& limits) {
  return std::max<int64_t>(4 * limits.row_bytes_max, 1 << 20);
}

}  // namespace

absl::StatusOr<std::unique_ptr<BatchReader>> OpenCsv(OpenFile file) {
  return CsvReader::Open(std::move(file));
}

absl::StatusOr<std::unique_ptr<BatchReader>> CsvReader::Open(OpenFile file) {
  OpenFile about;  // All but the descriptor, which TextInput takes.
  about.wanted = file.wanted;
  about.limits = file.limits;
  about.pool = file.pool;
  ASSIGN_OR_RETURN(std::unique_ptr<TextInput> input,
                   TextInput::Open(std::move(file)));
  CsvSplitter splitter(std::move(input), RecordBytesMax(about.limits),
                       about.limits.columns_max);
  std::unique_ptr<CsvReader> reader(new CsvReader(about, std::move(splitter)));
  if (absl::Status header = reader->ReadHeader(); !header.ok()) {
    return Annotate(header, "its header line");
  }
  return std::unique_ptr<BatchReader>(std::move(reader));
}

CsvReader::CsvReader(const OpenFile& file, CsvSplitter splitter)
    : wanted_(file.wanted.begin(), file.wanted.end()),
      limits_(file.limits),
      pool_(file.pool),
      splitter_(std::move(splitter)) {}

absl::Status CsvReader::ReadHeader() {
  ASSIGN_OR_RETURN(const bool found, splitter_.Next(&fields_));
  if (!found) {
    return DataLoss("is missing: the file has {}",
                    splitter_.bytes_read() == 0 ? "no bytes" : "no text");
  }
  std::vector<std::string> names;
  for (const CsvField& field : fields_) names.emplace_back(field.text);
  RETURN_IF_ERROR(CheckColumns(wanted_, names));
  header_fields_ = names.size();
  std::erase_if(wanted_, [&names](const WantedColumn& want) {
    return std::find(names.begin(), names.end(), want.column) == names.end();
  });
  columns_ = std::make_unique<TextColumns>(wanted_, /*lists=*/false, pool_);
  for (size_t c = 0; c < columns_->size(); ++c) {
    const auto it =
        std::find(names.begin(), names.end(), columns_->want(c).column);
    positions_.push_back(static_cast<size_t>(it - names.begin()));
  }
  return absl::OkStatus();
}

absl::Status CsvReader::AppendRow() {
  if (fields_.size() != header_fields_) {
    return InvalidArgument("it has {} fields, the header has {}",
                           fields_.size(), header_fields_);
  }
  for (size_t c = 0; c < positions_.size(); ++c) {
    const CsvField& field = fields_[positions_[c]];
    RETURN_IF_ERROR(field.text.empty() && !field.quoted
                        ? columns_->AppendNull(c)
                        : columns_->AppendText(c, field.text));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<arrow::RecordBatch>> CsvReader::Next() {
  rows_before_ += batch_rows_;
  batch_rows_ = 0;
  while (batch_rows_ < limits_.batch_rows_max &&
         columns_->bytes() < limits_.batch_bytes) {
    const absl::StatusOr<bool> more = splitter_.Next(&fields_);
    if (!more.ok()) return Annotate(more.status(), Place(batch_rows_));
    if (!*more) break;
    if (const absl::Status row = AppendRow(); !row.ok()) {
      return Annotate(row, Place(batch_rows_));
    }
    ++batch_rows_;
  }
  if (batch_rows_ == 0) return nullptr;
  return columns_->Finish(batch_rows_);
}

std::string CsvReader::Place(int64_t i) const {
  return fmt::format("row {}", rows_before_ + i + 1);
}

}  // namespace freshet
