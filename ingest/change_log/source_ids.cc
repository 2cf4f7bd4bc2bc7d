// SPDX-License-Identifier: Apache-2.0
#include "ingest/change_log/source_ids.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/status.h"
#include "ingest/change_log/event_ids.h"
#include "storage/change_log/log_record.h"

namespace freshet {
namespace {

// The first of the records from the log's first to `next` that is no older than
// so much before the last of them.
absl::StatusOr<uint64_t> FirstWithin(const ChangeLog& log, uint64_t next,
                                     int64_t horizon_micros) {
  ASSIGN_OR_RETURN(const int64_t last_micros, TimeOfRecord(log, next - 1));
  // Times do not go back.
  uint64_t low = log.first();
  uint64_t high = next - 1;
  while (low < high) {
    const uint64_t middle = low + (high - low) / 2;
    ASSIGN_OR_RETURN(const int64_t micros, TimeOfRecord(log, middle));
    if (micros < last_micros - horizon_micros) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

constexpr int64_t kMinuteMicros = 60'000'000;
constexpr int64_t kPauseMicrosMax = kMinuteMicros;

}  // namespace

void SourceIds::OfSource::Advance(uint64_t number, const LoggedEvents& logged) {
  int64_t step =
      logged.arrival_micros - arrival_micros.value_or(logged.arrival_micros);
  if (!logged.positions.empty()) step = std::min(step, kPauseMicrosMax);
  now_micros += step;
  arrival_micros = logged.arrival_micros;
  if (marks.empty() || now_micros - marks.back().now_micros >= kMinuteMicros) {
    marks.push_back({number, now_micros, logged.arrival_micros});
  }
}

uint64_t SourceIds::OfSource::FirstOf(uint64_t next, int64_t last_micros) {
  if (marks.empty() || marks.front().record >= next) return next;
  // No earlier than the last one before `next`, and where time goes on by
  // itself no earlier than it is.
  int64_t last = marks.front().now_micros;
  for (const Mark& mark : marks) {
    if (mark.record < next) last = mark.now_micros;
  }
  if (!of_topics && arrival_micros && last_micros > *arrival_micros) {
    last = std::max(last, now_micros + last_micros - *arrival_micros);
  }
  const auto is_over = [&](int64_t counted, int64_t arrival) {
    return counted < last - seen.horizon_micros() ||
           arrival < last_micros - seen.known_micros();
  };
  // The last that is over stands before the first that may not be.
  while (marks.size() > 1 && marks[1].record < next &&
         is_over(marks[1].now_micros, marks[1].arrival_micros)) {
    marks.pop_front();
  }
  const bool all = marks.size() == 1 &&
                   is_over(now_micros, arrival_micros.value_or(last_micros));
  return all ? next : marks.front().record;
}

const std::vector<uint8_t>& SourceIds::Take(uint64_t number,
                                            const LoggedEvents& logged) {
  duplicates_.clear();
  const auto source = sources_.find(logged.source);
  if (source == sources_.end()) return duplicates_;
  source->second.Advance(number, logged);
  duplicates_.resize(logged.events.rows);
  OfSource& of = source->second;
  ForEachId(logged, of.field, [&](size_t row, std::string_view id) {
    duplicates_[row] = of.seen.Add(id, of.now_micros, logged.arrival_micros);
  });
  return duplicates_;
}

absl::StatusOr<uint64_t> SourceIds::FirstRead(const ChangeLog& log,
                                              uint64_t next) {
  if (sources_.empty() || next <= log.first()) return next;
  ASSIGN_OR_RETURN(const int64_t last_micros, TimeOfRecord(log, next - 1));
  uint64_t first = next;
  for (auto& [name, source] : sources_) {
    first = std::min(first, source.FirstOf(next, last_micros));
  }
  return std::max(first, log.first());
}

absl::Status SourceIds::SetSources(const std::vector<StreamSource>& sources,
                                   const ChangeLog& log, uint64_t next) {
  std::map<std::string, OfSource> before = std::move(sources_);
  sources_.clear();
  bool all_read = true;
  int64_t horizon = 0;
  for (const StreamSource& source : sources) {
    if (source.id_field.empty()) continue;
    const auto known = before.find(source.name);
    if (known != before.end() && known->second.field == source.id_field &&
        known->second.seen.horizon_micros() == source.deduplicate_micros) {
      known->second.of_topics = source.topics() != nullptr;
      sources_.insert(before.extract(known));
      continue;
    }
    all_read = false;
    const OfSource& added =
        sources_
            .try_emplace(source.name,
                         OfSource{.field = source.id_field,
                                  .seen = SeenIds(source.deduplicate_micros),
                                  .of_topics = source.topics() != nullptr})
            .first->second;
    horizon = std::max(horizon, added.of_topics ? added.seen.known_micros()
                                                : added.seen.horizon_micros());
  }
  return all_read ? absl::OkStatus() : ReadNew(log, next, horizon);
}

absl::Status SourceIds::ReadNew(const ChangeLog& log, uint64_t next,
                                int64_t horizon_micros) {
  if (next <= log.first()) return NoteRead(absl::OkStatus());
  ASSIGN_OR_RETURN(const uint64_t first,
                   FirstWithin(log, next, horizon_micros));
  absl::Status status;
  const auto read = [&](uint64_t number,
                        std::string_view bytes) -> absl::Status {
    ASSIGN_OR_RETURN(const LogRecord record, DecodeRecord(bytes));
    const auto* events = std::get_if<LoggedEvents>(&record);
    if (events == nullptr) return absl::OkStatus();
    const auto source = sources_.find(events->source);
    if (source != sources_.end() && !source->second.is_read) {
      Take(number, *events);
    }
    return absl::OkStatus();
  };
  const absl::Status gone_through =
      log.Read(first, [&](uint64_t number, std::string_view bytes) {
        if (number >= next) return false;
        status = read(number, bytes);
        return status.ok();
      });
  return NoteRead(gone_through.ok() ? status : gone_through);
}

// Half of what there is to know would be taken for all.
absl::Status SourceIds::NoteRead(absl::Status status) {
  std::erase_if(sources_, [&](const auto& source) {
    return !status.ok() && !source.second.is_read;
  });
  for (auto& [name, source] : sources_) source.is_read = true;
  return status;
}

}  // namespace freshet
