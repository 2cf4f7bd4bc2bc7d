// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "loader/formats/text_input.h"

namespace freshet {

struct CsvField {
  std::string_view text;
  bool quoted = false;
};

// Cuts CSV (RFC 4180: commas, double quotes, either line end, UTF-8 with or
// without a byte-order mark) into records. Empty lines are skipped. A quote
// within an unquoted field is an error, since what follows it can mean two
// things. Not thread-safe.
class CsvSplitter {
 public:
  CsvSplitter(std::unique_ptr<TextInput> input, int64_t record_bytes_max,
              int64_t fields_max);

  // False at the end. `fields` is valid until the next call.
  absl::StatusOr<bool> Next(std::vector<CsvField>* fields);

  int64_t bytes_read() const { return input_->bytes_read(); }

 private:
  // Moves the next record, without its line end, to the front of what is left
  // in the buffer. False at the end.
  absl::StatusOr<bool> FindRecord(size_t* size);
  absl::StatusOr<bool> Fill();
  absl::Status Split(char* begin, char* end, std::vector<CsvField>* fields);

  std::unique_ptr<TextInput> input_;
  const int64_t record_bytes_max_;
  const int64_t fields_max_;
  std::string buffer_;
  size_t begin_ = 0;  // Of the record at hand, in the buffer.
  size_t next_ = 0;   // Behind its line end.
  bool at_end_ = false;
  bool first_ = true;
};

}  // namespace freshet
