// SPDX-License-Identifier: Apache-2.0
#pragma once

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

}  // namespace freshet
