// SPDX-License-Identifier: Apache-2.0
#include "ingest/change_log/event_ids.h"

#include "features/little_endian.h"

namespace freshet {
namespace {

// Null if the events have no such field, or of a type that is no id.
const ValueColumn* IdsOf(const LoggedEvents& logged, const std::string& field) {
  for (size_t i = 0; i < logged.fields.size(); ++i) {
    if (logged.fields[i].name != field) continue;
    const Kind kind = logged.fields[i].type.kind;
    const bool is_id = kind == Kind::kString || kind == Kind::kBytes ||
                       kind == Kind::kInt32 || kind == Kind::kInt64;
    return is_id ? &logged.events.fields[i] : nullptr;
  }
  return nullptr;
}

}  // namespace

void ForEachId(
    const LoggedEvents& logged, const std::string& field,
    const std::function<void(size_t row, std::string_view id)>& visit) {
  const ValueColumn* ids = IdsOf(logged, field);
  if (ids == nullptr) return;
  std::string bytes;
  for (size_t row = 0; row < logged.events.rows; ++row) {
    if (ids->states[row] != RowState::kValue) continue;
    if (StorageOf(ids->type.kind) == Storage::kIntegers) {
      bytes.clear();
      AppendLittle(ids->integers[row], &bytes);
      visit(row, bytes);
    } else {
      visit(row, ids->strings[row]);
    }
  }
}

}  // namespace freshet
