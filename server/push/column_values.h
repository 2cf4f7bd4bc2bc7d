// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "features/expressions/value_column.h"

namespace freshet {

namespace v1 {
class EventColumn;
}  // namespace v1

// How many events a pushed column is of. INVALID_ARGUMENT names it, if its
// array is none that values of this type come in.
absl::StatusOr<size_t> CheckColumn(const v1::EventColumn& column,
                                   const Type& type);

// Requires: CheckColumn took it, and it has this row.
bool IsNullAt(const v1::EventColumn& column, size_t row);

// 1 for each of the `chosen` rows that says nothing of the field; empty if all
// do. Requires: as IsNullAt.
std::vector<uint8_t> AbsentIn(const v1::EventColumn& column,
                              const std::vector<size_t>& chosen);

// Fills `out` with those rows of the column that are `chosen`, in their order.
// INVALID_ARGUMENT names the column and the first row whose value the type
// cannot have. Requires: CheckColumn took it for the type of `out`, which has a
// row, null, for each that is chosen.
absl::Status FillColumn(const v1::EventColumn& column,
                        const std::vector<size_t>& chosen, ValueColumn& out);

}  // namespace freshet
