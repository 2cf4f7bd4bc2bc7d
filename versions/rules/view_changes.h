// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "config/definitions.h"
#include "versions/catalog_state.h"

namespace freshet {

// What becomes of one feature, or of the view's key.
struct SchemaChange {
  enum class Kind {
    kAdded,
    kRenamed,
    kWidened,
    kRetyped,
    kRemoved,
    kKey,
  };

  Kind kind = Kind::kAdded;
  std::string name;    // Of the feature; "" for the key.
  std::string before;  // Name, type or key.
  std::string after;
};

struct ViewChanges {
  std::vector<SchemaChange> changes;
  ViewRecord record;  // The view's, afterwards.
};

// What a view's definition means for its record: features keep their ids by
// name, or by `was` when renamed, as long as their type stays or widens; a
// feature of another type is a new one, and it or another key is a new
// generation. A record without a key is a new view's. INVALID_ARGUMENT if a
// row would be too wide.
absl::StatusOr<ViewChanges> CompareView(const ViewRecord& record,
                                        const BatchFeatureView& view,
                                        const std::vector<JoinKey>& keys);

}  // namespace freshet
