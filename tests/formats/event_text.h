// SPDX-License-Identifier: Apache-2.0
// Reads values by a source's format, as text that a test can compare.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "config/value.h"
#include "ingest/formats/event_format.h"

namespace freshet {

// `user=ann cents=null`: the fields of an event that it says something of.
inline std::string EventText(const std::vector<StreamField>& fields,
                             const EventBatch& events, size_t row) {
  std::string text;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (IsAbsent(events, i, row)) continue;
    const ValueColumn& column = events.fields[i];
    Value value;
    if (column.states[row] == RowState::kValue) {
      const Datum datum = DatumAt(column, row);
      switch (StorageOf(column.type.kind)) {
        case Storage::kIntegers:
          value = column.type.kind == Kind::kBool ? Value(datum.integer != 0)
                                                  : Value(datum.integer);
          break;
        case Storage::kReals:
          value = Value(datum.real);
          break;
        case Storage::kStrings:
          value = Value(std::string(datum.text));
      }
    }
    if (!text.empty()) text += ' ';
    text += fields[i].name + "=" + FormatValue(column.type, value);
  }
  return text;
}

// One source's format.
class FormatKit {
 public:
  explicit FormatKit(StreamSource source, SchemaLookup* schemas = nullptr)
      : source_(std::move(source)), rows_(source_.fields) {
    auto format = MakeEventFormat(source_, schemas);
    CHECK(format.ok());
    format_ = *std::move(format);
  }

  // The event's text; "nothing" where the record says none; else what is wrong:
  // "INVALID_ARGUMENT: it is not JSON ...".
  std::string Read(std::string_view value) {
    rows_.Clear();
    rows_.Begin(0, 0);
    const absl::StatusOr<bool> read = format_->Read(value, rows_);
    if (!read.ok()) return read.status().ToString();
    return *read ? EventText(source_.fields, rows_.batch(), 0) : "nothing";
  }

 private:
  const StreamSource source_;
  EventRows rows_;
  std::unique_ptr<EventFormat> format_;
};

}  // namespace freshet
