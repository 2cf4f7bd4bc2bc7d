// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

namespace rocksdb {
class MergeOperator;
}

namespace freshet {

// Merges blocks of tiles (features/windows/tile_block.h) and live rows
// (features/streams/live_row.h): by what they are made of, never by what is
// defined today (docs/semantics.md, rule 15). A value that is neither, or not
// what the others of its key are, makes the read or the compaction fail.
std::shared_ptr<rocksdb::MergeOperator> MakeLiveMerge();

}  // namespace freshet
