// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "loader/formats/batch_reader.h"
#include "loader/formats/json_row.h"
#include "loader/formats/text_columns.h"
#include "loader/formats/text_input.h"

namespace freshet {

// JSON Lines, plain or packed: one object a line; empty lines are skipped.
class JsonReader final : public BatchReader {
 public:
  static absl::StatusOr<std::unique_ptr<BatchReader>> Open(OpenFile file);

  const arrow::Schema& schema() const override { return columns_.schema(); }
  bool is_text(std::string_view) const override { return true; }
  absl::StatusOr<std::shared_ptr<arrow::RecordBatch>> Next() override;
  std::string Place(int64_t i) const override;
  int64_t bytes_read() const override { return input_->bytes_read(); }

 private:
  JsonReader(const OpenFile& file, std::unique_ptr<TextInput> input);

  // The next line that is not empty; empty at the end. Valid until the next.
  absl::StatusOr<std::string_view> NextLine();

  const ReadLimits limits_;
  std::unique_ptr<TextInput> input_;
  TextColumns columns_;
  JsonRow row_;
  std::string buffer_;
  size_t begin_ = 0;  // Of what is left in the buffer.
  bool at_end_ = false;
  int64_t rows_before_ = 0;  // Before the last batch.
  int64_t batch_rows_ = 0;
};

}  // namespace freshet
