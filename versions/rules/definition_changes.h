// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "config/definitions.h"
#include "versions/catalog_state.h"

namespace freshet {

// One line of the plan that `freshet apply` shows.
struct DefinitionChange {
  std::string kind;    // add, change, remove
  std::string what;    // `view 'plane'`
  std::string effect;  // `instant`, `needs a new load`, ...

  bool operator==(const DefinitionChange&) const = default;
};

// Definitions against those that are applied.
struct DefinitionChanges {
  std::vector<DefinitionChange> changes;  // Empty: nothing changes.
  // The records of all views afterwards: those of new views, with new schemas
  // and generations where they change, and `removed` where a view goes.
  std::map<std::string, ViewRecord> views;
  // What only allow_delete may do, and why, one sentence each.
  std::vector<std::string> deletions;
};

// What it means to apply `next` over `state`, whose definitions are `before`:
// stable ids, renames, widening, generations (docs/semantics.md, rules 13 and
// 14). Views are compared with their records, so that this also holds after
// the definitions were lost. Pure. INVALID_ARGUMENT if a view's row would be
// too wide. Requires: `next` is checked, with "*" written out.
absl::StatusOr<DefinitionChanges> CompareDefinitions(const CatalogState& state,
                                                     const Definitions& before,
                                                     const Definitions& next);

}  // namespace freshet
