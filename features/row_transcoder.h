// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "features/row_codec.h"
#include "features/row_schema.h"

namespace freshet {

// Rows of one schema as rows of another: features are matched by their ids, and
// widened where the new type is wider. One that is not in the old schema, or
// there of a type that does not widen, is NULL. A deleted row stays one. Not
// thread-safe.
class RowTranscoder {
 public:
  // Both must outlive the transcoder.
  RowTranscoder(const RowSchema& from, const RowSchema& to);
  RowTranscoder(const RowSchema&& from, const RowSchema&& to) = delete;

  // Valid until the next call. DATA_LOSS: it is no row of `from`.
  absl::StatusOr<std::string_view> Transcode(std::string_view bytes);

  // Whether no row has this column of `to`.
  bool Lacks(size_t column) const { return !sources_[column].has_value(); }

 private:
  absl::Status Copy(const RowView& row, size_t column);

  const RowSchema& from_;
  const RowSchema& to_;
  std::vector<std::optional<size_t>> sources_;  // By column of `to`.
  RowWriter writer_;
  std::string deleted_;
};

}  // namespace freshet
