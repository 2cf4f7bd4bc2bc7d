// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "loader/wanted_column.h"

namespace arrow {
class MemoryPool;
class RecordBatch;
class Schema;
}  // namespace arrow

namespace freshet {

// Collects the texts of the wanted columns into batches: what the readers of
// CSV and JSON Lines share. Not thread-safe.
class TextColumns {
 public:
  // `lists`: list columns hold lists of texts, else the list as one text.
  TextColumns(std::span<const WantedColumn> wanted, bool lists,
              arrow::MemoryPool* pool);
  ~TextColumns();

  const arrow::Schema& schema() const;
  size_t size() const;  // Distinct columns.
  const WantedColumn& want(size_t column) const;

  // Exactly one call for each column and row, in any order of columns.
  absl::Status AppendText(size_t column, std::string_view text);
  absl::Status AppendNull(size_t column);
  absl::Status BeginList(size_t column);
  // Elements of the list begun last in that column.
  absl::Status AddElement(size_t column, std::string_view text);
  absl::Status AddNullElement(size_t column);

  int64_t bytes() const;  // Of the texts since the last batch.

  // What was appended; starts anew.
  absl::StatusOr<std::shared_ptr<arrow::RecordBatch>> Finish(int64_t rows);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace freshet
