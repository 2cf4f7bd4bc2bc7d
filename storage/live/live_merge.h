// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace rocksdb {
class MergeOperator;
}

namespace freshet {

// Of the values of one key, oldest first, blocks of tiles
// (features/windows/tile_block.h) or live rows (features/streams/live_row.h):
// by what they are made of, never by what is defined today (docs/semantics.md,
// rule 15). DATA_LOSS if one is neither, or not what the others are. Requires:
// at least one.
absl::StatusOr<std::string> MergeLive(
    const std::vector<std::string_view>& values);

// The same for RocksDB. A read or a compaction of what does not merge fails.
std::shared_ptr<rocksdb::MergeOperator> MakeLiveMerge();

}  // namespace freshet
