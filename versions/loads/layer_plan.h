// SPDX-License-Identifier: Apache-2.0
// Which versions a load is laid over, and which are folded into one:
// docs/semantics.md, rule 9.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "storage/protocol/load_protocol.h"
#include "versions/catalog_state.h"

namespace freshet {

struct LayerPlan {
  LayerSpec spec;
  // ViewRecord::NextBase; nullopt: the load does not depend on another version.
  std::optional<int64_t> over;
  int64_t version = 0;       // Of a fold: which one is written anew.
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

// Of the oldest version that is to be written anew by itself, current or not:
// because it may have rows of what was forgotten up to `due_micros`, or does
// not count right since others lost such rows; nullopt: none. Not one of
// `settled_later`.
std::optional<LayerPlan> PlanErasure(const std::string& dir,
                                     const ViewRecord& view, int64_t due_micros,
                                     const std::set<int64_t>& settled_later);

inline constexpr size_t kUpsertsMax = 4;
inline constexpr double kUpsertRowsMax = 0.1;

}  // namespace freshet
