// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "features/windows/tile_level.h"
#include "features/windows/window_plan.h"

namespace freshet {

class LiveStore;

// What is kept of a view's generation with its tiles or rows: docs/format.md,
// "Live store".
struct GenerationAbout {
  std::string view;
  uint64_t hash = 0;          // LivePlan::hash.
  uint64_t first_record = 1;  // As LiveView's.
  // From then on it has every event that came.
  int64_t whole_from_micros = 0;
  // Of windows: each level of tiles.
  struct Level {
    WindowReach reach;  // What is older has been let go of.
    // From then on it has every tile that there is an event for.
    int64_t whole_from_micros = 0;

    bool operator==(const Level&) const = default;
  };
  std::map<TileLevel, Level> levels = {};
  // Of rows: each feature that they ever had, by its id, as it was last.
  struct Feature {
    std::string name;
    std::string type;  // As definitions write it.

    bool operator==(const Feature&) const = default;
  };
  std::map<uint32_t, Feature> features = {};
  // It has not all yet that it is to have (LiveBuild). Nobody goes on with it
  // after a restart.
  bool building = false;

  bool operator==(const GenerationAbout&) const = default;
};

std::string EncodeAbout(const GenerationAbout& about);
// DATA_LOSS if it is none.
absl::StatusOr<GenerationAbout> DecodeAbout(std::string_view bytes);

struct KnownGeneration {
  uint64_t number = 0;
  GenerationAbout about = {};
};

// What a store has of views, by name. Generations that nothing is said of, or
// that were being built, are of no use to anybody.
absl::StatusOr<std::map<std::string, KnownGeneration>> KnownGenerations(
    const LiveStore& store);

}  // namespace freshet
