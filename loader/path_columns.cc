// SPDX-License-Identifier: Apache-2.0
#include "loader/path_columns.h"

#include <arrow/array/util.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>

#include <utility>
#include <vector>

#include "base/error.h"
#include "base/percent.h"
#include "base/status.h"
#include "features/key_codec.h"
#include "loader/formats/arrow_status.h"

namespace freshet {
namespace {

constexpr std::string_view kNull = "__HIVE_DEFAULT_PARTITION__";

class PathColumnsReader final : public BatchReader {
 public:
  // `in_file` is what the inner reader reads; `columns` come after it.
  static absl::StatusOr<std::unique_ptr<BatchReader>> Open(
      OpenFile file, std::vector<WantedColumn> in_file, PathColumns columns);

  const arrow::Schema& schema() const override { return *schema_; }
  bool is_text(std::string_view column) const override {
    return columns_.contains(column) || inner_->is_text(column);
  }
  absl::StatusOr<std::shared_ptr<arrow::RecordBatch>> Next() override;
  std::string Place(int64_t i) const override { return inner_->Place(i); }
  int64_t bytes_read() const override { return inner_->bytes_read(); }

 private:
  PathColumnsReader(std::vector<WantedColumn> in_file, PathColumns columns,
                    arrow::MemoryPool* pool)
      : in_file_(std::move(in_file)),
        columns_(std::move(columns)),
        pool_(pool) {}

  const std::vector<WantedColumn> in_file_;
  const PathColumns columns_;
  arrow::MemoryPool* const pool_;
  std::unique_ptr<BatchReader> inner_;
  std::shared_ptr<arrow::Schema> schema_;
};

absl::StatusOr<std::unique_ptr<BatchReader>> PathColumnsReader::Open(
    OpenFile file, std::vector<WantedColumn> in_file, PathColumns columns) {
  std::unique_ptr<PathColumnsReader> reader(
      new PathColumnsReader(std::move(in_file), std::move(columns), file.pool));
  file.wanted = reader->in_file_;
  ASSIGN_OR_RETURN(reader->inner_, OpenBatchReader(std::move(file)));
  arrow::FieldVector fields = reader->inner_->schema().fields();
  for (const auto& [name, text] : reader->columns_) {
    fields.push_back(arrow::field(name, arrow::utf8()));
  }
  reader->schema_ = arrow::schema(std::move(fields));
  return std::unique_ptr<BatchReader>(std::move(reader));
}

absl::StatusOr<std::shared_ptr<arrow::RecordBatch>> PathColumnsReader::Next() {
  ASSIGN_OR_RETURN(const auto batch, inner_->Next());
  if (batch == nullptr) return nullptr;
  arrow::ArrayVector arrays = batch->columns();
  for (const auto& [name, text] : columns_) {
    const std::shared_ptr<arrow::Scalar> value =
        text.has_value() ? arrow::MakeScalar(*text)
                         : arrow::MakeNullScalar(arrow::utf8());
    ASSIGN_OR_RETURN(arrays.emplace_back(),
                     FromArrowResult(arrow::MakeArrayFromScalar(
                         *value, batch->num_rows(), pool_)));
  }
  return arrow::RecordBatch::Make(schema_, batch->num_rows(),
                                  std::move(arrays));
}

}  // namespace

PathColumns PathColumnsOf(std::string_view path) {
  PathColumns columns;
  for (size_t begin = 0;;) {
    const size_t end = path.find('/', begin);
    if (end == std::string_view::npos) return columns;  // The file itself.
    const std::string_view directory = path.substr(begin, end - begin);
    begin = end + 1;
    const size_t equals = directory.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    const std::string_view value = directory.substr(equals + 1);
    columns[PercentDecode(directory.substr(0, equals))] =
        value == kNull ? std::nullopt : std::optional(PercentDecode(value));
  }
}

absl::StatusOr<std::unique_ptr<BatchReader>> OpenWithPathColumns(
    OpenFile file, const PathColumns& path) {
  std::vector<WantedColumn> in_file;
  PathColumns columns;
  for (const WantedColumn& want : file.wanted) {
    const auto found = path.find(want.column);
    if (found == path.end()) {
      in_file.push_back(want);
      continue;
    }
    if (found->second.has_value() && !IsValidUtf8(*found->second)) {
      return InvalidArgument("the directory that names '{}' is not UTF-8",
                             want.column);
    }
    columns.insert(*found);
  }
  if (columns.empty()) return OpenBatchReader(std::move(file));
  if (in_file.empty()) {
    return InvalidArgument(
        "all that is wanted stands in the names of its directories, and "
        "nothing in the file");
  }
  return PathColumnsReader::Open(std::move(file), std::move(in_file),
                                 std::move(columns));
}

}  // namespace freshet
