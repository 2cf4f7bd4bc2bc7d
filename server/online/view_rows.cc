// SPDX-License-Identifier: Apache-2.0
#include "server/online/view_rows.h"

#include <algorithm>

namespace freshet {

bool ViewRows::LookupCached(const PlannedView& view,
                            std::span<const std::string_view> keys,
                            int64_t now_micros, const KeepGoing& keep_going) {
  view_ = &view;
  keys_ = keys;
  now_micros_ = now_micros;
  needs_disk_ = 0;
  batches_used_ = 0;
  FindIncomplete();
  if (!view.CanLookUp()) return true;

  const size_t batches = (keys.size() + kKeysPerStep - 1) / kKeysPerStep;
  if (batches_.size() < batches) batches_.resize(batches);
  for (size_t b = 0; b < batches; ++b) {
    if (b > 0 && !keep_going()) return false;
    batches_used_ = b + 1;
    batches_[b].LookupCached(view, KeysOf(b), now_micros);
    needs_disk_ += batches_[b].needs_disk();
  }
  return true;
}

bool ViewRows::LookupDisk(const KeepGoing& keep_going) {
  for (size_t b = 0; b < batches_used_; ++b) {
    if (batches_[b].needs_disk() == 0) continue;
    if (!keep_going()) return false;
    batches_[b].LookupDisk();
  }
  return true;
}

void ViewRows::Judge() {
  counts_.fill(0);
  rows_.assign(keys_.size(), std::nullopt);
  statuses_.resize(keys_.size());
  if (!view_->CanLookUp()) {
    const bool of_version =
        view_->lost_version || view_->origin() == PlannedView::Origin::kVersion;
    std::fill(
        statuses_.begin(), statuses_.end(),
        StatusByte(ValueState::kError, of_version ? ValueCause::kNotInVersion
                                                  : ValueCause::kSourceError));
    const auto result =
        of_version ? LookupResult::kNoVersion : LookupResult::kError;
    counts_[static_cast<size_t>(result)] = static_cast<uint32_t>(keys_.size());
    return;
  }
  for (size_t b = 0; b < batches_used_; ++b) batches_[b].Compute();
  for (size_t i = 0; i < keys_.size(); ++i) statuses_[i] = JudgeRow(i);
}

uint8_t ViewRows::JudgeRow(size_t i) {
  const KeyRows& batch = batches_[i / kKeysPerStep];
  const size_t at = i % kKeysPerStep;
  switch (batch.state(at)) {
    case RowBatch::State::kFound:
      break;
    case RowBatch::State::kNotFound:
    case RowBatch::State::kDeleted:
      Count(LookupResult::kMissing);
      return StatusByte(ValueState::kNotFound);
    case RowBatch::State::kNeedsDisk:
      Count(LookupResult::kTimeout);
      return StatusByte(ValueState::kError, ValueCause::kSourceTimeout);
    case RowBatch::State::kCorrupt:
      Count(LookupResult::kError);
      return StatusByte(ValueState::kError, ValueCause::kCorrupt);
    case RowBatch::State::kError:
      Count(LookupResult::kError);
      return StatusByte(ValueState::kError, ValueCause::kSourceError);
  }
  auto row = RowView::Parse(view_->schema(), batch.row(at));
  if (!row.ok()) {
    Count(LookupResult::kError);
    return StatusByte(ValueState::kError, ValueCause::kCorrupt);
  }
  rows_[i] = *row;
  if (IsTooOld(row->event_time_micros())) {
    Count(LookupResult::kExpired);
    return StatusByte(ValueState::kExpired);
  }
  Count(LookupResult::kFound);
  return StatusByte(ValueState::kPresent);
}

// By subtraction from now, which cannot overflow for an absurd event time.
bool ViewRows::IsTooOld(int64_t event_time_micros) const {
  return view_->ttl_micros > 0 &&
         event_time_micros < now_micros_ - view_->ttl_micros;
}

int64_t ViewRows::event_time_micros(size_t i, size_t column) const {
  const KeyRows& batch = batches_[i / kKeysPerStep];
  return batch.event_time_micros(i % kKeysPerStep, column)
      .value_or(rows_[i]->event_time_micros());
}

void ViewRows::FindIncomplete() {
  incomplete_.clear();
  if (view_->windows == nullptr) return;
  const HistorySpan* history = SpanOf(view_->version.get(), now_micros_);
  for (const size_t feature : view_->windows->outputs) {
    incomplete_.push_back(IsIncomplete(*view_->windows->plan,
                                       {*view_->coverage, history}, feature,
                                       now_micros_));
  }
}

ViewRows::Behind ViewRows::BehindComputed(size_t i, size_t column) const {
  const KeyRows& batch = batches_[i / kKeysPerStep];
  const size_t at = i % kKeysPerStep;
  const KeyRows::Flaw flaw = batch.flaw(at, column);
  if (flaw == KeyRows::Flaw::kOverflow) return Behind::kOverflow;
  if (flaw == KeyRows::Flaw::kNotThere) return Behind::kNotInVersion;
  if (IsTooOld(event_time_micros(i, column))) return Behind::kExpired;
  const bool incomplete = !incomplete_.empty() && incomplete_[column];
  if (!incomplete && flaw == KeyRows::Flaw::kNone) return Behind::kAll;
  if (!incomplete && flaw == KeyRows::Flaw::kEstimate) {
    return Behind::kMoreThanExact;
  }
  return view_->on_incomplete == OnIncomplete::kValue ? Behind::kPart
                                                      : Behind::kPartUnsaid;
}

void ViewRows::Release() {
  for (size_t b = 0; b < batches_used_; ++b) batches_[b].Release();
  batches_used_ = 0;
  rows_.clear();
}

std::span<const std::string_view> ViewRows::KeysOf(size_t batch) const {
  const size_t first = batch * kKeysPerStep;
  return keys_.subspan(first, std::min(kKeysPerStep, keys_.size() - first));
}

}  // namespace freshet
