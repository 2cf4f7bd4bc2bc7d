// SPDX-License-Identifier: Apache-2.0
#include "features/row_transcoder.h"

#include "base/error.h"
#include "base/status.h"
#include "config/type.h"

namespace freshet {

RowTranscoder::RowTranscoder(const RowSchema& from, const RowSchema& to)
    : from_(from), to_(to), writer_(to) {
  for (const Column& column : to.columns()) {
    std::optional<size_t> source = from.FindColumn(column.id);
    if (source && !WidensTo(from.columns()[*source].type, column.type)) {
      source.reset();
    }
    sources_.push_back(source);
  }
}

absl::Status RowTranscoder::Copy(const RowView& row, size_t column) {
  const size_t source = *sources_[column];
  if (from_.columns()[source].type == to_.columns()[column].type) {
    return writer_.Copy(row, source, column);
  }
  // As a Value: an int32 is an int64 there, a float a double.
  ASSIGN_OR_RETURN(const Value value, row.Get(source));
  return writer_.SetValue(column, value);
}

absl::StatusOr<std::string_view> RowTranscoder::Transcode(
    std::string_view bytes) {
  if (IsDeletedRow(bytes)) {
    ASSIGN_OR_RETURN(const int64_t time, RowEventTime(bytes));
    deleted_ = DeletedRow(to_, time);
    return deleted_;
  }
  ASSIGN_OR_RETURN(const RowView row, RowView::Parse(from_, bytes));
  writer_.Begin(row.event_time_micros());
  for (size_t i = 0; i < sources_.size(); ++i) {
    if (sources_[i].has_value()) RETURN_IF_ERROR(Copy(row, i));
  }
  return writer_.Finish();
}

}  // namespace freshet
