// SPDX-License-Identifier: Apache-2.0
#include "loader/formats/json_reader.h"

#include <arrow/record_batch.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "base/error.h"
#include "base/status.h"

namespace freshet {
namespace {

// Text is longer than the row that it becomes, and may hold fields that are
// not wanted.
int64_t LineBytesMax(const ReadLimits& limits) {
  return std::max<int64_t>(4 * limits.row_bytes_max, 1 << 20);
}

}  // namespace

absl::StatusOr<std::unique_ptr<BatchReader>> OpenJsonLines(OpenFile file) {
  return JsonReader::Open(std::move(file));
}

absl::StatusOr<std::unique_ptr<BatchReader>> JsonReader::Open(OpenFile file) {
  CHECK(file.names_seen != nullptr);
  OpenFile about;  // All but the descriptor, which TextInput takes.
  about.wanted = file.wanted;
  about.limits = file.limits;
  about.pool = file.pool;
  about.names_seen = file.names_seen;
  ASSIGN_OR_RETURN(std::unique_ptr<TextInput> input,
                   TextInput::Open(std::move(file)));
  return std::unique_ptr<BatchReader>(new JsonReader(about, std::move(input)));
}

JsonReader::JsonReader(const OpenFile& file, std::unique_ptr<TextInput> input)
    : limits_(file.limits),
      input_(std::move(input)),
      columns_(file.wanted, /*lists=*/true, file.pool),
      row_(columns_, *file.names_seen, file.limits.depth_max) {}

absl::StatusOr<std::string_view> JsonReader::NextLine() {
  size_t scan = begin_;
  for (;;) {
    const size_t end = buffer_.find('\n', scan);
    const size_t size = std::min(end, buffer_.size()) - begin_;
    if (static_cast<int64_t>(size) > LineBytesMax(limits_)) {
      return ResourceExhausted("a line is longer than {} bytes",
                               LineBytesMax(limits_));
    }
    if (end != std::string::npos || (at_end_ && size > 0)) {
      const std::string_view line(buffer_.data() + begin_, size);
      begin_ = std::min(begin_ + size + 1, buffer_.size());
      if (line.find_first_not_of(" \t\r") != std::string_view::npos) {
        return line;
      }
      scan = begin_;
      continue;
    }
    if (at_end_) return std::string_view();
    buffer_.erase(0, begin_);
    begin_ = 0;
    scan = buffer_.size();
    ASSIGN_OR_RETURN(const std::string_view piece, input_->Next());
    at_end_ = piece.empty();
    buffer_.append(piece);
  }
}

absl::StatusOr<std::shared_ptr<arrow::RecordBatch>> JsonReader::Next() {
  rows_before_ += batch_rows_;
  batch_rows_ = 0;
  while (batch_rows_ < limits_.batch_rows_max &&
         columns_.bytes() < limits_.batch_bytes) {
    const absl::StatusOr<std::string_view> line = NextLine();
    if (!line.ok()) return Annotate(line.status(), Place(batch_rows_));
    if (line->empty()) break;
    if (const absl::Status row = row_.Append(*line); !row.ok()) {
      return Annotate(row, Place(batch_rows_));
    }
    ++batch_rows_;
  }
  if (batch_rows_ == 0) return nullptr;
  return columns_.Finish(batch_rows_);
}

std::string JsonReader::Place(int64_t i) const {
  return fmt::format("row {}", rows_before_ + i + 1);
}

}  // namespace freshet
