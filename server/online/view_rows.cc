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
  if (!HasRows()) return true;

  const size_t batches = (keys.size() + kKeysPerStep - 1) / kKeysPerStep;
  if (IsOfWindows()) {
    if (windows_.size() < batches) windows_.resize(batches);
  } else {
    if (batches_.size() < batches) batches_.resize(batches);
  }
  for (size_t b = 0; b < batches; ++b) {
    if (b > 0 && !keep_going()) return false;
    const std::span<const std::string_view> part = KeysOf(b);
    batches_used_ = b + 1;
    if (IsOfWindows()) {
      windows_[b].LookupCached(view.windows, *view.generation, part,
                               now_micros);
      needs_disk_ += windows_[b].needs_disk();
    } else {
      view.version->LookupCached(part, batches_[b]);
      needs_disk_ += batches_[b].needs_disk();
    }
  }
  return true;
}

bool ViewRows::LookupDisk(const KeepGoing& keep_going) {
  for (size_t b = 0; b < batches_used_; ++b) {
    const bool needed = IsOfWindows() ? windows_[b].needs_disk() > 0
                                      : batches_[b].needs_disk() > 0;
    if (!needed) continue;
    if (!keep_going()) return false;
    if (IsOfWindows()) {
      windows_[b].LookupDisk(*view_->generation);
    } else {
      view_->version->LookupDisk(KeysOf(b), batches_[b]);
    }
  }
  return true;
}

void ViewRows::Judge() {
  counts_.fill(0);
  rows_.assign(keys_.size(), std::nullopt);
  statuses_.resize(keys_.size());
  if (!HasRows()) {
    std::fill(statuses_.begin(), statuses_.end(),
              StatusByte(ValueState::kError, IsOfWindows()
                                                 ? ValueCause::kSourceError
                                                 : ValueCause::kNotInVersion));
    const auto result =
        IsOfWindows() ? LookupResult::kError : LookupResult::kNoVersion;
    counts_[static_cast<size_t>(result)] = static_cast<uint32_t>(keys_.size());
    return;
  }
  if (IsOfWindows()) {
    for (size_t b = 0; b < batches_used_; ++b) windows_[b].Compute();
  }
  for (size_t i = 0; i < keys_.size(); ++i) statuses_[i] = JudgeRow(i);
}

uint8_t ViewRows::JudgeRow(size_t i) {
  const size_t b = i / kKeysPerStep;
  const size_t at = i % kKeysPerStep;
  const RowBatch::State state =
      IsOfWindows() ? windows_[b].state(at) : batches_[b].state(at);
  switch (state) {
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
  auto row =
      IsOfWindows()
          ? RowView::Parse(view_->windows->schema, windows_[b].row(at))
          : RowView::Parse(view_->version->schema(), batches_[b].row(at));
  if (!row.ok()) {
    Count(LookupResult::kError);
    return StatusByte(ValueState::kError, ValueCause::kCorrupt);
  }
  rows_[i] = *row;
  // By subtraction from now, which cannot overflow for an absurd event time.
  if (view_->ttl_micros > 0 &&
      row->event_time_micros() < now_micros_ - view_->ttl_micros) {
    Count(LookupResult::kExpired);
    return StatusByte(ValueState::kExpired);
  }
  Count(LookupResult::kFound);
  return StatusByte(ValueState::kPresent);
}

void ViewRows::FindIncomplete() {
  incomplete_.clear();
  if (!IsOfWindows()) return;
  const WindowPlan& windows = view_->windows->plan->windows;
  for (const size_t output : view_->windows->outputs) {
    const int64_t start =
        windows.WindowStart(windows.outputs()[output].window, now_micros_);
    incomplete_.push_back(start < view_->whole_from_micros);
  }
}

ViewRows::Behind ViewRows::BehindWindow(size_t i, size_t column) const {
  if (windows_[i / kKeysPerStep].overflows(i % kKeysPerStep, column)) {
    return Behind::kOverflow;
  }
  if (!incomplete_[column]) return Behind::kAll;
  return view_->on_incomplete == OnIncomplete::kValue ? Behind::kPart
                                                      : Behind::kPartUnsaid;
}

void ViewRows::Release() {
  for (size_t b = 0; b < batches_used_; ++b) {
    if (IsOfWindows()) {
      windows_[b].Release();
    } else {
      batches_[b].Reset(0);
    }
  }
  batches_used_ = 0;
  rows_.clear();
}

std::span<const std::string_view> ViewRows::KeysOf(size_t batch) const {
  const size_t first = batch * kKeysPerStep;
  return keys_.subspan(first, std::min(kKeysPerStep, keys_.size() - first));
}

}  // namespace freshet
