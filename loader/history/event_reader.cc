// SPDX-License-Identifier: Apache-2.0
#include "loader/history/event_reader.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "absl/memory/memory.h"
#include "base/error.h"
#include "base/status.h"

namespace freshet {
namespace {

template <typename T>
T As(std::string_view bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof(value));
  return value;
}

// A value as the row codec has it.
void Set(Kind kind, size_t field, std::string_view bytes, EventRows& events) {
  switch (StorageOf(kind)) {
    case Storage::kStrings:
      return events.SetText(field, bytes);
    case Storage::kReals:
      return events.SetReal(
          field, kind == Kind::kFloat ? As<float>(bytes) : As<double>(bytes));
    case Storage::kIntegers:
      break;
  }
  switch (bytes.size()) {
    case sizeof(uint8_t):  // A bool.
      return events.SetInteger(field, As<uint8_t>(bytes));
    case sizeof(int32_t):
      return events.SetInteger(field, As<int32_t>(bytes));
    default:
      return events.SetInteger(field, As<int64_t>(bytes));
  }
}

}  // namespace

EventReader::EventReader(const StreamSource& source,
                         const std::set<size_t>& fields,
                         const BatchSource& files)
    : files_(files), fields_(fields.begin(), fields.end()) {
  for (const size_t field : fields_) {
    const std::string& name = source.fields[field].name;
    wanted_.push_back({.column = ColumnOf(files, name),
                       .type = source.fields[field].type,
                       .role = fmt::format("field '{}'", name),
                       .way_out = "map other names with batch_source.columns"});
  }
}

absl::StatusOr<std::unique_ptr<EventReader>> EventReader::Create(
    const StreamSource& source, const std::set<size_t>& fields,
    const BatchSource& files) {
  auto reader = absl::WrapUnique(new EventReader(source, fields, files));
  if (!files.zone.empty()) {
    ASSIGN_OR_RETURN(reader->zone_, TimeZone::Load(files.zone));
  }
  return reader;
}

absl::Status EventReader::Bind(
    const arrow::Schema& schema,
    const std::function<bool(std::string_view)>& is_text) {
  TimeRules time;
  time.zone = zone_.has_value() ? &*zone_ : nullptr;
  time.at_day = files_.at_day;
  bound_.clear();
  for (const WantedColumn& want : wanted_) {
    absl::StatusOr<BoundColumn> bound =
        BoundColumn::Create(want, schema, is_text(want.column), time);
    if (!bound.ok()) {
      return Annotate(bound.status(),
                      fmt::format("column '{}' ({})", want.column, want.role));
    }
    bound_.push_back(*std::move(bound));
  }
  return absl::OkStatus();
}

void EventReader::Attach(std::shared_ptr<arrow::RecordBatch> batch) {
  batch_ = std::move(batch);
  for (BoundColumn& column : bound_) {
    column.Attach(*batch_->column(column.field()));
  }
}

absl::Status EventReader::Read(int64_t row, int64_t offset, EventRows& events) {
  events.Begin(/*partition=*/0, offset);
  for (size_t i = 0; i < fields_.size(); ++i) {
    const absl::StatusOr<bool> present = bound_[i].ReadScalar(row, &slot_);
    if (!present.ok()) {
      return Annotate(
          present.status(),
          fmt::format("column '{}' ({})", wanted_[i].column, wanted_[i].role));
    }
    if (*present) {
      Set(wanted_[i].type.kind, fields_[i], slot_.bytes, events);
    } else {
      events.SetNull(fields_[i]);
    }
  }
  return absl::OkStatus();
}

}  // namespace freshet
