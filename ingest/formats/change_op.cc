// SPDX-License-Identifier: Apache-2.0
#include "ingest/formats/change_op.h"

#include "base/error.h"

namespace freshet {

bool IsChange(std::string_view op) {
  return op == "c" || op == "u" || op == "d" || op == "r";
}

absl::Status NoChange() {
  return InvalidArgument(
      "it is no change of a row by Debezium: there is no 'op' that is c, r, u "
      "or d");
}

absl::Status NoImage(char op) {
  return InvalidArgument("its 'op' is {}, and it has no '{}'", op,
                         op == 'd' ? "before" : "after");
}

void SetOp(const std::vector<RecordField>& fields, char op, EventRows& rows) {
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].part == RecordField::Part::kOp) {
      rows.SetText(i, std::string_view(&op, 1));
    } else if (fields[i].part == RecordField::Part::kDeleted) {
      const bool deleted = op == 'd';
      if (fields[i].field.type.kind == Kind::kBool) {
        rows.SetInteger(i, deleted ? 1 : 0);
      } else {
        rows.SetText(i, deleted ? "true" : "false");
      }
    }
  }
}

}  // namespace freshet
