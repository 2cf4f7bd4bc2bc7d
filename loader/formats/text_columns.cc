// SPDX-License-Identifier: Apache-2.0
#include "loader/formats/text_columns.h"

#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_nested.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <vector>

#include "base/status.h"
#include "loader/formats/arrow_status.h"

namespace freshet {
namespace {

// Builders of one column: of texts, and of lists of them if it is one.
struct ColumnBuilder {
  std::shared_ptr<arrow::BinaryBuilder> texts;
  std::unique_ptr<arrow::ListBuilder> lists;

  arrow::ArrayBuilder& outer() {
    if (lists != nullptr) return *lists;
    return *texts;
  }
};

absl::Status AppendTo(arrow::BinaryBuilder& texts, std::string_view text) {
  return FromArrow(
      texts.Append(text.data(), static_cast<int32_t>(text.size())));
}

}  // namespace

struct TextColumns::Parts {
  std::vector<const WantedColumn*> wanted;  // Distinct by column.
  std::vector<ColumnBuilder> builders;      // As `wanted`.
  std::shared_ptr<arrow::Schema> schema;
  int64_t bytes = 0;
};

TextColumns::TextColumns(std::span<const WantedColumn> wanted, bool lists,
                         arrow::MemoryPool* pool)
    : parts_(std::make_unique<Parts>()) {
  arrow::FieldVector fields;
  for (const WantedColumn& want : wanted) {
    const auto same = [&want](const WantedColumn* other) {
      return other->column == want.column;
    };
    if (std::any_of(parts_->wanted.begin(), parts_->wanted.end(), same)) {
      continue;
    }
    ColumnBuilder builder;
    builder.texts = std::make_shared<arrow::BinaryBuilder>(pool);
    const bool is_list = want.type.list || want.type.fixed_length > 0;
    if (lists && is_list) {
      builder.lists = std::make_unique<arrow::ListBuilder>(pool, builder.texts);
    }
    fields.push_back(arrow::field(want.column, builder.outer().type()));
    parts_->wanted.push_back(&want);
    parts_->builders.push_back(std::move(builder));
  }
  parts_->schema = arrow::schema(std::move(fields));
}

TextColumns::~TextColumns() = default;

const arrow::Schema& TextColumns::schema() const { return *parts_->schema; }
size_t TextColumns::size() const { return parts_->wanted.size(); }
const WantedColumn& TextColumns::want(size_t column) const {
  return *parts_->wanted[column];
}
int64_t TextColumns::bytes() const { return parts_->bytes; }

absl::Status TextColumns::AppendText(size_t column, std::string_view text) {
  parts_->bytes += static_cast<int64_t>(text.size());
  return AppendTo(*parts_->builders[column].texts, text);
}

absl::Status TextColumns::AppendNull(size_t column) {
  return FromArrow(parts_->builders[column].outer().AppendNull());
}

absl::Status TextColumns::BeginList(size_t column) {
  return FromArrow(parts_->builders[column].lists->Append());
}

absl::Status TextColumns::AddElement(size_t column, std::string_view text) {
  return AppendText(column, text);
}

absl::Status TextColumns::AddNullElement(size_t column) {
  return FromArrow(parts_->builders[column].texts->AppendNull());
}

absl::StatusOr<std::shared_ptr<arrow::RecordBatch>> TextColumns::Finish(
    int64_t rows) {
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  for (ColumnBuilder& builder : parts_->builders) {
    ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> array,
                     FromArrowResult(builder.outer().Finish()));
    arrays.push_back(std::move(array));
  }
  parts_->bytes = 0;
  return arrow::RecordBatch::Make(parts_->schema, rows, std::move(arrays));
}

}  // namespace freshet
