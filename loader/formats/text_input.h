// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "loader/formats/batch_reader.h"

namespace freshet {

// The bytes of a text file, piece by piece, gzip and zstd unpacked (known by
// their first bytes). RESOURCE_EXHAUSTED once the text is longer than
// `limits.expansion_max` times what was read of the file, and longer than any
// honest start of a file: a decompression bomb. Not thread-safe.
class TextInput {
 public:
  static absl::StatusOr<std::unique_ptr<TextInput>> Open(OpenFile file);
  ~TextInput();

  // Empty at the end. Valid until the next call.
  absl::StatusOr<std::string_view> Next();

  int64_t bytes_read() const;  // Of the file.

 private:
  struct Parts;
  explicit TextInput(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace freshet
