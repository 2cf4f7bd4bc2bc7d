// SPDX-License-Identifier: Apache-2.0
// Which versions a load is laid over, and which are folded into one:
// docs/semantics.md, rule 9.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "storage/protocol/load_protocol.h"
#include "versions/catalog_state.h"

namespace freshet {

struct LayerPlan {
  LayerSpec spec;
  // ViewRecord::NextBase; nullopt: the load does not depend on another version.
  std::optional<int64_t> over;
  int64_t memory_bytes = 0;  // Of what the loader opens: indexes, filters,
                             // and the keys' hashes.
  int64_t merged_bytes = 0;  // Of tables that it writes anew.

  bool operator==(const LayerPlan&) const = default;
};

// Of an upsert: a version over the one that serves. Where that has rows of
// another schema, or is laid over too many, both are written as one that stands
// by itself. `dir` is the storage directory.
LayerPlan PlanUpsert(const std::string& dir, const ViewRecord& view);

// Whether the next upsert can be laid over what there is. FAILED_PRECONDITION:
// its rows would serve as if they were all there is, or would be one with those
// of a version that waits for approval.
absl::Status CheckUpsert(const ViewRecord& view);

// What a fold of the current version does; nullopt: none is due. One is from
// more than kUpsertsMax versions on that are laid over one another: they are
// written as one, or, where they have more than kUpsertRowsMax of the rows of
// the version beneath, together with that.
std::optional<LayerPlan> PlanFold(const std::string& dir,
                                  const ViewRecord& view);

inline constexpr size_t kUpsertsMax = 4;
inline constexpr double kUpsertRowsMax = 0.1;

}  // namespace freshet
