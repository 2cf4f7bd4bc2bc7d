// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "config/streams/stream_view.h"
#include "features/streams/row_view_plan.h"
#include "features/streams/windowed_view_plan.h"
#include "features/view_schemas.h"
#include "ingest/live/generation_about.h"

namespace freshet {

// What the definitions say is to be made of the events of a source, for one
// view.
struct LivePlan {
  std::string view;
  std::vector<std::string> entities;
  StreamSource source;
  // One of the two.
  std::shared_ptr<const WindowedViewPlan> windows = nullptr;
  std::shared_ptr<const RowViewPlan> rows = nullptr;
  // Equal where what was made is good for both (docs/semantics.md, rules 13 and
  // 15).
  uint64_t hash = 0;
  // Of rows, by id.
  struct Feature {
    std::string name;
    std::string was;
    Type type;
  };
  std::map<uint32_t, Feature> features = {};
};

// Of all views that have one. The definitions are checked.
absl::StatusOr<std::vector<LivePlan>> LivePlansOf(const AppliedViews& applied);

// Whether a generation's tiles or rows are what the plan reads: an id that has
// stood for a feature of another name, which was not renamed, or of another
// type, is of a catalog that is not there any more.
bool IsOf(const GenerationAbout& about, const LivePlan& plan);

// Has a generation be the plan's from `now_micros` on: what it let go of until
// then is lost to windows that reach further back.
void TakeOver(const LivePlan& plan, int64_t now_micros, GenerationAbout& about);

// Whether who reads the one does what one who reads the other would: the same
// records become the same events.
bool ReadAlike(const StreamSource& a, const StreamSource& b);

// Also those that are read from no topic now: one that is again goes on where
// it was left, with what is made of its events.
std::set<std::string> SourceNames(const Definitions& definitions);

}  // namespace freshet
