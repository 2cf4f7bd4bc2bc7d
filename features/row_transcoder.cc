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
    if (!sources_[i].has_value()) continue;
    // As a Value: an int32 is an int64 there, a float a double.
    ASSIGN_OR_RETURN(const Value value, row.Get(*sources_[i]));
    RETURN_IF_ERROR(writer_.SetValue(i, value));
  }
  return writer_.Finish();
}

}  // namespace freshet
