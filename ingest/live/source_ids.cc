// SPDX-License-Identifier: Apache-2.0
#include "ingest/live/source_ids.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/status.h"
#include "features/little_endian.h"
#include "ingest/live/log_record.h"

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

const std::vector<uint8_t>& SourceIds::Take(const LoggedEvents& logged) {
  duplicates_.clear();
  const auto source = sources_.find(logged.source);
  if (source == sources_.end()) return duplicates_;
  duplicates_.resize(logged.events.rows);
  const ValueColumn* ids = IdsOf(logged, source->second.field);
  if (ids == nullptr) return duplicates_;
  std::string bytes;
  for (size_t row = 0; row < duplicates_.size(); ++row) {
    if (ids->states[row] != RowState::kValue) continue;
    std::string_view id;
    if (StorageOf(ids->type.kind) == Storage::kIntegers) {
      bytes.clear();
      AppendLittle(ids->integers[row], &bytes);
      id = bytes;
    } else {
      id = ids->strings[row];
    }
    duplicates_[row] = source->second.seen.Add(id, logged.arrival_micros);
  }
  return duplicates_;
}

absl::StatusOr<uint64_t> SourceIds::FirstRead(const ChangeLog& log,
                                              uint64_t next) const {
  int64_t horizon_micros = 0;
  for (const auto& [name, source] : sources_) {
    horizon_micros = std::max(horizon_micros, source.seen.horizon_micros());
  }
  if (sources_.empty() || next <= log.first()) return next;
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

absl::Status SourceIds::SetSources(const std::vector<StreamSource>& sources,
                                   const ChangeLog& log, uint64_t next) {
  std::map<std::string, OfSource> before = std::move(sources_);
  sources_.clear();
  bool all_read = true;
  for (const StreamSource& source : sources) {
    if (source.id_field.empty()) continue;
    const auto known = before.find(source.name);
    if (known != before.end() && known->second.field == source.id_field &&
        known->second.seen.horizon_micros() == source.deduplicate_micros) {
      sources_.insert(before.extract(known));
      continue;
    }
    all_read &= !sources_
                     .try_emplace(source.name,
                                  OfSource{source.id_field,
                                           SeenIds(source.deduplicate_micros)})
                     .second;
  }
  if (all_read) return absl::OkStatus();
  ASSIGN_OR_RETURN(const uint64_t first, FirstRead(log, next));
  absl::Status status;
  const auto read = [&](std::string_view bytes) -> absl::Status {
    ASSIGN_OR_RETURN(const LogRecord record, DecodeRecord(bytes));
    const auto* events = std::get_if<LoggedEvents>(&record);
    if (events == nullptr) return absl::OkStatus();
    const auto source = sources_.find(events->source);
    if (source != sources_.end() && !source->second.is_read) Take(*events);
    return absl::OkStatus();
  };
  if (first < next) {
    RETURN_IF_ERROR(
        log.Read(first, [&](uint64_t number, std::string_view bytes) {
          if (number >= next) return false;
          status = read(bytes);
          return status.ok();
        }));
  }
  for (auto& [name, source] : sources_) source.is_read = true;
  return status;
}

}  // namespace freshet
