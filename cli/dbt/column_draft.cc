// SPDX-License-Identifier: Apache-2.0
#include "cli/dbt/column_draft.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/dbt/meta_fields.h"

namespace freshet {
namespace {

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string Lower(std::string text) {
  for (char& c : text) {
    if (IsUpper(c)) c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::string Upper(std::string text) {
  for (char& c : text) {
    if (IsLower(c)) c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

// What may not stand in a name becomes `_`.
std::string FeatureNameOf(std::string text) {
  for (char& c : text) {
    if (!IsLower(c) && !IsUpper(c) && !IsDigit(c)) c = '_';
  }
  if (text.empty() || IsDigit(text.front())) text.insert(0, "_");
  return text;
}

// What the warehouse says, but for a decimal whose scale only its author tells.
std::string WarehouseType(Warehouse warehouse, const DbtColumn& column) {
  const bool use_declared = column.catalog_type.empty() ||
                            (IsBareDecimal(warehouse, column.catalog_type) &&
                             !column.data_type.empty());
  return use_declared ? column.data_type : column.catalog_type;
}

}  // namespace

ColumnNames::ColumnNames(Warehouse warehouse, std::string column_case)
    : upper_by_itself_(warehouse == Warehouse::kSnowflake),
      is_told_(!column_case.empty()),
      column_case_(std::move(column_case)) {
  if (!is_told_ && upper_by_itself_) column_case_ = "upper";
}

std::string ColumnNames::Own(const DbtColumn& column) const {
  if (!upper_by_itself_ || column.quoted) return column.name;
  const bool is_upper =
      std::none_of(column.name.begin(), column.name.end(), IsLower);
  return is_upper ? Lower(column.name) : column.name;
}

std::string ColumnNames::Cased(std::string name) const {
  if (column_case_ == "upper") return Upper(std::move(name));
  if (column_case_ == "lower") return Lower(std::move(name));
  return name;
}

std::string ColumnNames::Name(const DbtColumn& column) const {
  const std::string given = JsonText(column.meta, "name");
  return given.empty() ? FeatureNameOf(Own(column)) : given;
}

std::string ColumnNames::InFile(const DbtColumn& column) const {
  if (is_told_) return Cased(Own(column));
  if (!upper_by_itself_ || column.quoted) return column.name;
  // A catalog has names as they are, a manifest as somebody wrote them.
  return column.catalog_type.empty() ? Upper(column.name) : column.name;
}

bool ColumnNames::NeedsMapping(const DbtColumn& column) const {
  return Cased(Name(column)) != InFile(column);
}

TypeDraft TypeOf(Warehouse warehouse, const DbtColumn& column) {
  TypeDraft draft;
  const std::string given = JsonText(column.meta, "type");
  const std::string text = WarehouseType(warehouse, column);
  const auto known = TypeOfColumn(warehouse, text);
  if (known.ok()) draft.times = known->times;
  if (!given.empty()) {
    draft.text = given;
  } else if (text.empty()) {
    draft.open =
        "its type is not known: declare its data_type, or give a --catalog";
  } else if (!known.ok()) {
    draft.open = std::string(known.status().message());
  } else {
    draft.text = known->type.ToString();
    draft.remark = known->remark;
  }
  return draft;
}

TypeDraft KeyTypeOf(Warehouse warehouse, const DbtColumn& column) {
  TypeDraft draft = TypeOf(warehouse, column);
  if (draft.text == "int32") draft.text = "int64";
  if (draft.text.empty() || draft.text == "int64" || draft.text == "string" ||
      draft.text == "bytes") {
    return draft;
  }
  draft.open = fmt::format(
      "no join key is a {}, only string, int64 and bytes: cast it in the model",
      draft.text);
  draft.text.clear();
  return draft;
}

}  // namespace freshet
