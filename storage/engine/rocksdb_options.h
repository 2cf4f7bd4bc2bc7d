// SPDX-License-Identifier: Apache-2.0
// How Freshet sets RocksDB up, in one place. The reasons are measurements:
// docs/format.md, "Version directory".
#pragma once

#include <cstdint>

#include "storage/store_resources.h"

namespace rocksdb {
struct Options;
}

namespace freshet {

// For the private database that a version is built into, and its SST files.
rocksdb::Options BuilderOptions(int64_t block_bytes);

// For reading a built version: nothing of it is ever written.
rocksdb::Options ReaderOptions(const StoreResources::Shared& shared);

// For the live store, which is written to. Its log is not RocksDB's, so all its
// column families are flushed together.
rocksdb::Options LiveOptions(const StoreResources::Shared& shared,
                             int64_t write_buffer_bytes);

}  // namespace freshet
