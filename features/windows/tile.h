// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "features/aggregations/partial.h"
#include "features/windows/tile_shape.h"

namespace freshet {

// The partial aggregates of one shape over some of an entity's events: those of
// one tile, or of all the tiles of a window. Used again and again; not
// thread-safe.
class Tile {
 public:
  explicit Tile(const TileShape& shape);

  void Clear();

  // One more event, for one partial. Requires: the value is not null, and of
  // the partial's kind.
  void Add(size_t partial, const Datum& value, const EventOrder& order) {
    AddTo(partials_[partial], value, order);
  }
  // For one that is of groups. Requires besides: neither is `group`.
  void AddToGroup(size_t partial, const Datum& group, const Datum& value,
                  const EventOrder& order) {
    std::get<GroupsPartial>(partials_[partial]).Add(group, value, order);
  }

  // Adds what AppendTo wrote of other events. With `wanted`, one byte for each
  // partial, only of those that are not 0. DATA_LOSS, and the tile is in any
  // state, if the bytes are not a tile of this shape.
  absl::Status Merge(std::string_view bytes);
  absl::Status Merge(std::string_view bytes, std::string_view wanted);

  void AppendTo(std::string* out) const;

  const Partial& partial(size_t i) const { return partials_[i]; }

 private:
  absl::Status MergeWanted(std::string_view bytes, const char* wanted);

  std::vector<PartialSpec> specs_;
  std::vector<Partial> partials_;
  mutable std::string scratch_;
};

}  // namespace freshet
