// SPDX-License-Identifier: Apache-2.0
#include "loader/layers/layered_rows.h"

#include "base/status.h"
#include "features/row_codec.h"
#include "features/row_transcoder.h"
#include "loader/layers/row_finder.h"

namespace freshet {
namespace {

// Whether `row` takes the place of `before`.
absl::StatusOr<bool> Wins(std::string_view row, std::string_view before) {
  ASSIGN_OR_RETURN(const int64_t time, RowEventTime(row));
  ASSIGN_OR_RETURN(const int64_t time_before, RowEventTime(before));
  return time >= time_before;
}

}  // namespace

absl::StatusOr<LayeredCounts> LayOver(const Version& base, UniqueRows& rows,
                                      const RowSink& sink) {
  LayeredCounts counts;
  int64_t live = base.manifest().live_rows;
  RowFinder finder(base);
  Record record;
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, rows.Next(&record));
    if (!more) break;
    ASSIGN_OR_RETURN(const std::optional<std::string_view> before,
                     finder.Find(record.key));
    if (before.has_value()) {
      ASSIGN_OR_RETURN(const bool wins, Wins(record.row, *before));
      if (!wins) {
        ++counts.older;
        continue;
      }
    }
    const bool was_live = before.has_value() && !IsDeletedRow(*before);
    live += (IsDeletedRow(record.row) ? 0 : 1) - (was_live ? 1 : 0);
    RETURN_IF_ERROR(sink(record.key, record.row));
  }
  counts.live_rows = live;
  return counts;
}

absl::StatusOr<LayeredCounts> MergeOver(const Version& base,
                                        const RowSchema& schema,
                                        UniqueRows& rows, const RowSink& sink) {
  LayeredCounts counts;
  RowTranscoder transcoder(base.schema(), schema);
  Record record;
  ASSIGN_OR_RETURN(bool more, rows.Next(&record));
  const auto take = [&](std::string_view key,
                        std::string_view row) -> absl::Status {
    while (more && record.key < key) {
      RETURN_IF_ERROR(sink(record.key, record.row));
      ASSIGN_OR_RETURN(more, rows.Next(&record));
    }
    if (!more || record.key != key) {
      ASSIGN_OR_RETURN(const std::string_view now, transcoder.Transcode(row));
      return sink(key, now);
    }
    ASSIGN_OR_RETURN(const bool wins, Wins(record.row, row));
    if (wins) {
      RETURN_IF_ERROR(sink(key, record.row));
    } else {
      ++counts.older;
      ASSIGN_OR_RETURN(const std::string_view now, transcoder.Transcode(row));
      RETURN_IF_ERROR(sink(key, now));
    }
    ASSIGN_OR_RETURN(more, rows.Next(&record));
    return absl::OkStatus();
  };
  absl::Status taken;
  RETURN_IF_ERROR(base.Scan(
      [&](std::string_view key, std::string_view row) {
        taken = take(key, row);
        return taken.ok();
      },
      {.with_deleted = true, .newest = {}}));
  RETURN_IF_ERROR(taken);
  while (more) {
    RETURN_IF_ERROR(sink(record.key, record.row));
    ASSIGN_OR_RETURN(more, rows.Next(&record));
  }
  return counts;
}

}  // namespace freshet
