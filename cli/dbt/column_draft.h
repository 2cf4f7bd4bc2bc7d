// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/dbt/column_type.h"
#include "cli/dbt/project.h"

namespace freshet {

// How the names of a model's columns become those of features, and what the
// files call them.
class ColumnNames {
 public:
  // `column_case`: what the model's meta says of it; "": nothing.
  ColumnNames(Warehouse warehouse, std::string column_case);

  // Of a feature or join key: the one that its meta gives it, else its own,
  // in lower case where the warehouse's upper case is nobody's choice.
  std::string Name(const DbtColumn& column) const;
  // As the files have it.
  std::string InFile(const DbtColumn& column) const;
  // Whether it has to stand in `columns`: the files call it otherwise than
  // `column_case` makes of its name.
  bool NeedsMapping(const DbtColumn& column) const;
  // `column_case` of the source; "": its default.
  const std::string& column_case() const { return column_case_; }

 private:
  std::string Own(const DbtColumn& column) const;
  std::string Cased(std::string name) const;

  const bool upper_by_itself_;
  const bool is_told_;  // What the files do with the case of all names.
  std::string column_case_;
};

// What is known of a column's type.
struct TypeDraft {
  std::string text;  // As a definition has it; "": not known.
  TimeForm times = TimeForm::kNone;
  std::string remark;
  std::string open;  // Why it is not known; "": it is.
};

// From `type` in the column's meta, else what the warehouse has, else what its
// author declared.
TypeDraft TypeOf(Warehouse warehouse, const DbtColumn& column);
// The same of a join key: one of the types that these may have.
TypeDraft KeyTypeOf(Warehouse warehouse, const DbtColumn& column);

}  // namespace freshet
