// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/check.h"
#include "config/streams/stream_view.h"
#include "config/type.h"
#include "config/value.h"
#include "features/row_schema.h"
#include "storage/live/coverage.h"
#include "storage/live/live_generation.h"
#include "storage/live/overlaid_rows.h"
#include "storage/live/window_rows.h"
#include "storage/version.h"

namespace freshet {

// One feature of a plan, with everything that a request needs of it.
struct PlannedFeature {
  std::string name;  // `view.feature`
  size_t view = 0;   // Index into Plan::views.
  Type type;         // As defined now, and as answered.
  std::optional<Value> default_value;
  // The column of the view's version, windows or overlaid rows; nullopt:
  // NOT_IN_VERSION. Its type there may be narrower (int32 for int64, float for
  // double).
  std::optional<size_t> column;
  Type stored_type;
};

// One view of a plan.
struct PlannedView {
  std::string name;
  std::vector<KeyPart> key;
  int64_t ttl_micros = 0;
  // Null: none loaded yet. Of a view of windows its history, if there is one
  // that fits.
  std::shared_ptr<const Version> version;
  // Of a view of windows, in the place of a version: what is computed, and from
  // which tiles.
  std::shared_ptr<const WindowFeatures> windows;
  LiveGeneration::Ptr generation;  // Null: there is none to be read.
  // Of a view with live rows: what is answered, of the generation over the
  // version, if there is any.
  std::shared_ptr<const OverlaidFeatures> overlaid;
  // It has no version where there was one: what live rows lie over is not
  // known, and neither is which of them count.
  bool lost_version = false;
  // A window that is not whole is INCOMPLETE, and answers so. Never null.
  std::shared_ptr<const Coverage> coverage = std::make_shared<const Coverage>();
  OnIncomplete on_incomplete = OnIncomplete::kNothing;
  std::vector<size_t> features;  // Indices into Plan::features, in order.

  // Where its rows come from.
  enum class Origin { kVersion, kWindows, kOverlaid };
  Origin origin() const {
    if (windows != nullptr) return Origin::kWindows;
    return overlaid != nullptr ? Origin::kOverlaid : Origin::kVersion;
  }
  // Whether there is anything to be looked up in.
  bool CanLookUp() const {
    if (origin() == Origin::kVersion) return version != nullptr;
    return generation != nullptr && !lost_version;
  }
  // How its rows look. Requires: CanLookUp.
  const RowSchema& schema() const {
    if (windows != nullptr) return windows->schema;
    if (overlaid != nullptr) return overlaid->schema;
    CHECK(version != nullptr);
    return version->schema();
  }
};

// A feature service, or a request's own list, resolved against the versions of
// one serving set: names, types and slots looked up once, not per request.
// Immutable; safe to use from any thread; lives as long as its serving set.
struct Plan {
  std::vector<PlannedView> views;        // Each view once.
  std::vector<PlannedFeature> features;  // In the order of the reply.
  std::vector<KeyPart> keys;             // The distinct join keys wanted.
};

}  // namespace freshet
