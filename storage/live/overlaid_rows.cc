// SPDX-License-Identifier: Apache-2.0
#include "storage/live/overlaid_rows.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.h"
#include "features/expressions/value_column.h"
#include "features/little_endian.h"

namespace freshet {
namespace {

using State = RowBatch::State;

// Rows are never stored.
constexpr uint32_t kSchemaId = 1;

// Whether there is an answer: a row, or none.
bool IsKnown(State state) {
  return state == State::kFound || state == State::kDeleted ||
         state == State::kNotFound;
}

// What two reads come to of which one or both failed.
State WorseOf(State a, State b) {
  if (IsKnown(a) || b == State::kCorrupt) return b;
  return a;
}

}  // namespace

OverlaidFeatures::OverlaidFeatures(std::vector<KeyPart> key,
                                   std::vector<Column> columns)
    : schema(kSchemaId, std::move(key), std::move(columns)) {}

void OverlaidRows::Prepare(std::shared_ptr<const OverlaidFeatures> features,
                           const Version* version) {
  const bool same_features = features_ == features;
  version_ = version;
  if (!same_features) {
    transcoder_.reset();
    features_ = std::move(features);
    writer_.emplace(features_->schema);
  }
  if (version == nullptr ||
      (transcoder_.has_value() && *from_ == version->schema())) {
    return;
  }
  transcoder_.reset();
  from_ = std::make_unique<const RowSchema>(version->schema());
  transcoder_.emplace(*from_, features_->schema);
}

void OverlaidRows::LookupCached(
    std::shared_ptr<const OverlaidFeatures> features,
    const LiveGeneration& live, const Version* version,
    std::span<const std::string_view> keys) {
  Prepare(std::move(features), version);
  live_ = &live;
  live.LookupCached(keys, live_rows_);
  if (version != nullptr) {
    version->LookupCached(keys, snapshot_rows_);
  } else {
    snapshot_rows_.Reset(keys.size());
  }
}

void OverlaidRows::LookupDisk(std::span<const std::string_view> keys) {
  if (live_rows_.needs_disk() > 0) live_->LookupDisk(keys, live_rows_);
  if (snapshot_rows_.needs_disk() > 0) {
    version_->LookupDisk(keys, snapshot_rows_);
  }
}

// Requires: the column has a cell.
absl::Status OverlaidRows::WriteCell(size_t column) {
  const LiveCell& cell = *cells_[column];
  if (cell.value.null) return absl::OkStatus();
  const Type& type = features_->schema.columns()[column].type;
  if (type.list || type.fixed_length > 0 ||
      StorageOf(type.kind) != cell.storage) {
    return DataLoss("a live row's value is none of its feature's type");
  }
  if (cell.storage == Storage::kStrings) {
    writer_->SetBytes(column, cell.value.text);
    return absl::OkStatus();
  }
  std::string bytes;
  if (type.kind == Kind::kDouble) {
    AppendLittle(cell.value.real, &bytes);
  } else if (type.kind == Kind::kFloat) {
    AppendLittle(static_cast<float>(cell.value.real), &bytes);
  } else {
    AppendLittle(cell.value.integer, &bytes);
    bytes.resize(ElementWidth(type.kind));  // Little-endian: the low ones.
  }
  writer_->SetFixed(column, bytes);
  return absl::OkStatus();
}

State OverlaidRows::TakeSnapshotRow(size_t i) {
  const State state = snapshot_rows_.state(i);
  if (state != State::kFound) return state;
  const auto row = transcoder_->Transcode(snapshot_rows_.row(i));
  if (!row.ok()) return State::kCorrupt;
  const auto time = RowEventTime(*row);
  if (!time.ok()) return State::kCorrupt;
  rows_.append(*row);
  times_.resize(times_.size() + cells_.size(), *time);
  of_snapshot_.resize(of_snapshot_.size() + cells_.size(), true);
  return state;
}

// Those that count are in cells_ then; returns the newest one's time.
std::optional<int64_t> OverlaidRows::FindCells(const LiveRow& live,
                                               int64_t after_micros) {
  std::fill(cells_.begin(), cells_.end(), nullptr);
  std::optional<int64_t> newest;
  for (const LiveCell& cell : live.cells) {
    if (cell.time_micros <= after_micros) continue;
    newest = std::max(newest.value_or(cell.time_micros), cell.time_micros);
    const auto column = features_->schema.FindColumn(cell.feature);
    if (column.has_value()) cells_[*column] = &cell;
  }
  return newest;
}

// The cells over a row; null: over none. `rest_micros`: since when the others
// are what they are.
State OverlaidRows::WriteOver(const RowView* under, int64_t rest_micros,
                              int64_t newest_micros) {
  writer_->Begin(newest_micros);
  for (size_t column = 0; column < cells_.size(); ++column) {
    const LiveCell* cell = cells_[column];
    times_.push_back(cell != nullptr ? cell->time_micros : rest_micros);
    of_snapshot_.push_back(cell == nullptr && under != nullptr);
    absl::Status written;
    if (cell != nullptr) {
      written = WriteCell(column);
    } else if (under != nullptr) {
      written = writer_->Copy(*under, column, column);
    }
    if (!written.ok()) return State::kCorrupt;
  }
  rows_.append(writer_->Finish());
  return State::kFound;
}

State OverlaidRows::OverSnapshotRow(size_t i, int64_t newest_micros) {
  const auto bytes = transcoder_->Transcode(snapshot_rows_.row(i));
  if (!bytes.ok()) return State::kCorrupt;
  const auto under = RowView::Parse(features_->schema, *bytes);
  if (!under.ok()) return State::kCorrupt;
  return WriteOver(&*under, under->event_time_micros(), newest_micros);
}

// Requires: both were read.
State OverlaidRows::Overlay(const LiveRow& live, size_t i) {
  constexpr int64_t kAlways = std::numeric_limits<int64_t>::min();
  const State snapshot = snapshot_rows_.state(i);
  int64_t until = version_ == nullptr ? kAlways : WholeUntilMicros(*version_);
  if (snapshot != State::kNotFound) {
    const auto time = RowEventTime(snapshot_rows_.row(i));
    if (!time.ok()) return State::kCorrupt;
    until = std::max(until, *time);
  }
  const std::optional<int64_t> newest = FindCells(live, until);
  if (live.whole && live.whole->time_micros > until) {
    const int64_t time = live.whole->time_micros;
    if (live.whole->deleted && !newest) return State::kDeleted;
    return WriteOver(nullptr, time, newest.value_or(time));
  }
  if (!newest) return TakeSnapshotRow(i);
  return snapshot == State::kFound ? OverSnapshotRow(i, *newest)
                                   : WriteOver(nullptr, *newest, *newest);
}

State OverlaidRows::ComputeRow(size_t i) {
  const State live = live_rows_.state(i);
  const State snapshot = snapshot_rows_.state(i);
  if (!IsKnown(live) || !IsKnown(snapshot)) return WorseOf(live, snapshot);
  if (live == State::kNotFound) return TakeSnapshotRow(i);
  const auto row = DecodeLiveRow(live_rows_.row(i));
  return row.ok() ? Overlay(*row, i) : State::kCorrupt;
}

// As many times and origins for every row, also for one that is none.
void OverlaidRows::Settle(size_t rows) {
  times_.resize(rows * cells_.size());
  of_snapshot_.resize(rows * cells_.size());
}

void OverlaidRows::Compute() {
  const size_t size = live_rows_.size();
  states_.clear();
  times_.clear();
  of_snapshot_.clear();
  rows_.clear();
  ends_.clear();
  cells_.assign(features_->schema.columns().size(), nullptr);
  for (size_t i = 0; i < size; ++i) {
    states_.push_back(ComputeRow(i));
    Settle(i + 1);
    ends_.push_back(rows_.size());
  }
}

std::string_view OverlaidRows::row(size_t i) const {
  const size_t begin = i == 0 ? 0 : ends_[i - 1];
  return std::string_view(rows_).substr(begin, ends_[i] - begin);
}

void OverlaidRows::Release() {
  live_rows_.Reset(0);
  snapshot_rows_.Reset(0);
}

}  // namespace freshet
