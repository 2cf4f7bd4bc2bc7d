// SPDX-License-Identifier: Apache-2.0
// What came of one key, one by one, as a value of the store: docs/format.md,
// "Live row".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "features/datum.h"
#include "features/expressions/value_column.h"

namespace freshet {

// The first byte, where a tile block has kTileBlockFormat.
inline constexpr uint8_t kLiveRowFormat = 2;

// The value of one feature.
struct LiveCell {
  uint32_t feature = 0;  // Its stable id.
  int64_t time_micros = 0;
  Storage storage = Storage::kIntegers;  // Of the value.
  Datum value = {};  // Of the widest type of its kind; points into the bytes.
};

// The newest of what came: of the row as a whole, and of features by
// themselves.
struct LiveRow {
  // A row, or that the key was deleted: what is older does not count.
  struct Whole {
    int64_t time_micros = 0;
    bool deleted = false;
  };
  std::optional<Whole> whole = std::nullopt;
  // Ascending by feature, none older than `whole`. A feature without one is
  // NULL in a whole row, and unchanged where there is none.
  std::vector<LiveCell> cells = {};
};

std::string EncodeLiveRow(const LiveRow& row);

// Of all that is in it; the least there is, if nothing is.
int64_t NewestMicros(const LiveRow& row);

// Values point into the bytes. DATA_LOSS if they are none.
absl::StatusOr<LiveRow> DecodeLiveRow(std::string_view bytes);

// Of rows in the order in which they came: the newest event time wins, and of
// one time the one that came last (docs/semantics.md, rule 7). Rows may be
// merged in any groups of neighbours. DATA_LOSS if one is none. Requires: at
// least one.
absl::StatusOr<std::string> MergeLiveRows(
    const std::vector<std::string_view>& rows);

}  // namespace freshet
