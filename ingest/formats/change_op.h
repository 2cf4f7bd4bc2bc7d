// SPDX-License-Identifier: Apache-2.0
// What changes of rows are called, in whatever format they are.
#pragma once

#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "features/records/record_field.h"
#include "features/streams/event_rows.h"

namespace freshet {

// Whether it is c (created), u (updated), d (deleted) or r (read, of a
// snapshot). What else there is, as t for all of a table's rows, is no change
// of one row.
bool IsChange(std::string_view op);

// INVALID_ARGUMENT: the value is no change of a row.
absl::Status NoChange();
// The same: the image is not there that a change of that kind has.
absl::Status NoImage(char op);

// Fills `__op` and `__deleted`.
void SetOp(const std::vector<RecordField>& fields, char op, EventRows& rows);

}  // namespace freshet
