// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "config/definitions.h"
#include "versions/rules/definition_changes.h"

namespace freshet {

struct StreamChanges {
  std::vector<DefinitionChange> changes;
  std::vector<std::string> deletions;  // As DefinitionChanges has them.
  std::set<std::string> removed;       // Features, as `view.feature`.
};

// What it means to apply the stream sources and views of `next` over those of
// `before` (docs/semantics.md, rule 15). Pure. Requires: `next` is checked.
StreamChanges CompareStreams(const Definitions& before,
                             const Definitions& next);

// What a stream view's tiles are made by (WindowedViewPlan::generation_hash);
// 0 where that cannot be told any more.
uint64_t TilesHashOf(const Definitions& definitions, const WindowedView& view);

// How far back a stream view's windows reach, in microseconds: what is older is
// not kept of a history when it is loaded. 0 where that cannot be told.
int64_t ReachOf(const Definitions& definitions, const WindowedView& view);

}  // namespace freshet
