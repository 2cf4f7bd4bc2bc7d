// SPDX-License-Identifier: Apache-2.0
#include "server/push/push_events.h"

#include <optional>
#include <string>

#include "base/error.h"
#include "base/status.h"
#include "config/nearest.h"
#include "freshet/v1/push.pb.h"
#include "server/push/column_values.h"

namespace freshet {
namespace {

// A record of the change log has fewer.
constexpr size_t kRowsMax = (1 << 20) - 1;

// One request against its source.
class PushReader {
 public:
  PushReader(const v1::PushRequest& request, const StreamSource& source)
      : request_(request), source_(source) {}

  absl::StatusOr<PushedEvents> Read(int64_t now_micros);

 private:
  absl::Status Bind();
  absl::Status BindColumn(const v1::EventColumn& column);
  void Choose(int64_t now_micros, std::vector<RejectedPush>& rejected);

  const v1::PushRequest& request_;
  const StreamSource& source_;
  std::vector<const v1::EventColumn*> columns_;  // By field; null: not given.
  std::optional<size_t> rows_;
  std::vector<size_t> chosen_;
};

absl::Status PushReader::BindColumn(const v1::EventColumn& column) {
  size_t field = 0;
  while (field < source_.fields.size() &&
         source_.fields[field].name != column.name()) {
    ++field;
  }
  if (field == source_.fields.size()) {
    std::vector<std::string> names;
    for (const StreamField& f : source_.fields) names.push_back(f.name);
    return InvalidArgument("column '{}' is no field of source '{}'; {}",
                           column.name(), source_.name,
                           NearestText(column.name(), names));
  }
  if (columns_[field] != nullptr) {
    return InvalidArgument("column '{}' is there twice", column.name());
  }
  columns_[field] = &column;
  ASSIGN_OR_RETURN(const size_t length,
                   CheckColumn(column, source_.fields[field].type));
  if (rows_.has_value() && *rows_ != length) {
    return InvalidArgument(
        "column '{}' has {} values, and one before it has {}; all columns are "
        "of one length",
        column.name(), length, *rows_);
  }
  rows_ = length;
  return absl::OkStatus();
}

absl::Status PushReader::Bind() {
  columns_.assign(source_.fields.size(), nullptr);
  for (const v1::EventColumn& column : request_.columns()) {
    RETURN_IF_ERROR(BindColumn(column));
  }
  if (rows_.value_or(0) <= kRowsMax) return absl::OkStatus();
  return InvalidArgument("the request has {} events, at most {} come at once",
                         *rows_, kRowsMax);
}

// Which rows are taken.
void PushReader::Choose(int64_t now_micros,
                        std::vector<RejectedPush>& rejected) {
  const v1::EventColumn* times = nullptr;
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (source_.fields[i].name == source_.timestamp_field) times = columns_[i];
  }
  for (size_t row = 0; row < rows_.value_or(0); ++row) {
    if (times == nullptr || IsNullAt(*times, row)) {
      rejected.push_back({row, RejectedPush::Reason::kNoTime});
    } else if (times->integers(static_cast<int>(row)) >
               now_micros + source_.max_future_skew_micros) {
      rejected.push_back({row, RejectedPush::Reason::kFuture});
    } else {
      chosen_.push_back(row);
    }
  }
}

absl::StatusOr<PushedEvents> PushReader::Read(int64_t now_micros) {
  RETURN_IF_ERROR(Bind());
  PushedEvents pushed{
      .events = {.source = source_.name, .fields = source_.fields}};
  Choose(now_micros, pushed.rejected);
  EventBatch& events = pushed.events.events;
  events.rows = chosen_.size();
  for (size_t i = 0; i < source_.fields.size(); ++i) {
    ValueColumn& column = events.fields.emplace_back();
    column.type = source_.fields[i].type;
    column.Resize(events.rows);
    std::vector<uint8_t>& absent = events.absent.emplace_back();
    if (columns_[i] == nullptr) {
      absent.assign(events.rows, 1);
      continue;
    }
    RETURN_IF_ERROR(FillColumn(*columns_[i], chosen_, column));
    absent = AbsentIn(*columns_[i], chosen_);
  }
  return pushed;
}

}  // namespace

absl::StatusOr<PushedEvents> ReadPush(const v1::PushRequest& request,
                                      const StreamSource& source,
                                      int64_t now_micros) {
  return PushReader(request, source).Read(now_micros);
}

}  // namespace freshet
