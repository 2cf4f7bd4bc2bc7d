// SPDX-License-Identifier: Apache-2.0
#include "server/online/key_rows.h"

namespace freshet {
namespace {

using Origin = PlannedView::Origin;

WindowTiles TilesOf(const PlannedView& view) {
  return {.live = view.generation.get(), .history = view.version.get()};
}

KeyRows::Flaw FlawOf(AnswerState answer) {
  switch (answer) {
    case AnswerState::kOverflow:
      return KeyRows::Flaw::kOverflow;
    case AnswerState::kPart:
      return KeyRows::Flaw::kSomeGroups;
    case AnswerState::kApproximate:
      return KeyRows::Flaw::kEstimate;
    case AnswerState::kValue:
    case AnswerState::kNull:
      break;
  }
  return KeyRows::Flaw::kNone;
}

}  // namespace

void KeyRows::LookupCached(const PlannedView& view,
                           std::span<const std::string_view> keys,
                           int64_t now_micros) {
  view_ = &view;
  keys_ = keys;
  origin_ = view.origin();
  switch (origin_) {
    case Origin::kVersion:
      return view.version->LookupCached(keys, version_);
    case Origin::kWindows:
      return windows_.LookupCached(view.windows, TilesOf(view), keys,
                                   now_micros);
    case Origin::kOverlaid:
      return overlaid_.LookupCached(view.overlaid, *view.generation,
                                    view.version.get(), keys);
  }
}

size_t KeyRows::needs_disk() const {
  switch (origin_) {
    case Origin::kWindows:
      return windows_.needs_disk();
    case Origin::kOverlaid:
      return overlaid_.needs_disk();
    case Origin::kVersion:
      break;
  }
  return version_.needs_disk();
}

void KeyRows::LookupDisk() {
  switch (origin_) {
    case Origin::kVersion:
      return view_->version->LookupDisk(keys_, version_);
    case Origin::kWindows:
      return windows_.LookupDisk(TilesOf(*view_));
    case Origin::kOverlaid:
      return overlaid_.LookupDisk(keys_);
  }
}

void KeyRows::Compute() {
  if (origin_ == Origin::kWindows) windows_.Compute();
  if (origin_ == Origin::kOverlaid) overlaid_.Compute();
}

RowBatch::State KeyRows::state(size_t i) const {
  switch (origin_) {
    case Origin::kWindows:
      return windows_.state(i);
    case Origin::kOverlaid:
      return overlaid_.state(i);
    case Origin::kVersion:
      break;
  }
  return version_.state(i);
}

std::string_view KeyRows::row(size_t i) const {
  switch (origin_) {
    case Origin::kWindows:
      return windows_.row(i);
    case Origin::kOverlaid:
      return overlaid_.row(i);
    case Origin::kVersion:
      break;
  }
  return version_.row(i);
}

KeyRows::Flaw KeyRows::flaw(size_t i, size_t column) const {
  switch (origin_) {
    case Origin::kWindows:
      return FlawOf(windows_.answer(i, column));
    case Origin::kOverlaid:
      return overlaid_.lacks(i, column) ? Flaw::kNotThere : Flaw::kNone;
    case Origin::kVersion:
      break;
  }
  return Flaw::kNone;
}

std::optional<int64_t> KeyRows::event_time_micros(size_t i,
                                                  size_t column) const {
  if (origin_ != Origin::kOverlaid) return std::nullopt;
  return overlaid_.event_time_micros(i, column);
}

void KeyRows::Release() {
  switch (origin_) {
    case Origin::kVersion:
      return version_.Reset(0);
    case Origin::kWindows:
      return windows_.Release();
    case Origin::kOverlaid:
      return overlaid_.Release();
  }
}

}  // namespace freshet
