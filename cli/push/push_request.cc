// SPDX-License-Identifier: Apache-2.0
#include "cli/push/push_request.h"

#include <algorithm>
#include <string>

namespace freshet {
namespace {

// As in `nulls` of EventColumn.
constexpr char kHasValue = 0;
constexpr char kNull = 1;
constexpr char kAbsent = 2;

// Null rows have whatever lies in the batch, which the daemon does not read.
void AddValues(const ValueColumn& values, size_t rows,
               v1::EventColumn& column) {
  switch (StorageOf(values.type.kind)) {
    case Storage::kIntegers:
      for (size_t row = 0; row < rows; ++row) {
        if (values.type.kind == Kind::kBool) {
          column.add_bools(values.integers[row] != 0);
        } else {
          column.add_integers(values.integers[row]);
        }
      }
      return;
    case Storage::kReals:
      for (size_t row = 0; row < rows; ++row) {
        column.add_doubles(values.reals[row]);
      }
      return;
    case Storage::kStrings:
      for (size_t row = 0; row < rows; ++row) {
        const bool null = values.states[row] != RowState::kValue;
        const std::string_view text = null ? "" : values.strings[row];
        if (values.type.kind == Kind::kBytes) {
          column.add_bytes(text.data(), text.size());
        } else {
          column.add_strings(text.data(), text.size());
        }
      }
      return;
  }
}

}  // namespace

v1::PushRequest MakePushRequest(const StreamSource& source,
                                const EventBatch& batch) {
  v1::PushRequest request;
  request.set_source(source.name);
  for (size_t i = 0; i < source.fields.size(); ++i) {
    std::string nulls(batch.rows, kHasValue);
    for (size_t row = 0; row < batch.rows; ++row) {
      if (batch.fields[i].states[row] == RowState::kValue) continue;
      nulls[row] = IsAbsent(batch, i, row) ? kAbsent : kNull;
    }
    const bool has_values = nulls.find(kHasValue) != nulls.npos;
    const bool all_absent = nulls.find_first_not_of(kAbsent) == nulls.npos;
    // How many events there are says one column at least.
    if (all_absent && source.fields[i].name != source.timestamp_field) {
      continue;
    }
    v1::EventColumn& column = *request.add_columns();
    column.set_name(source.fields[i].name);
    if (has_values) AddValues(batch.fields[i], batch.rows, column);
    if (nulls.find_first_not_of(kHasValue) != nulls.npos) {
      column.set_nulls(std::move(nulls));
    }
  }
  return request;
}

}  // namespace freshet
