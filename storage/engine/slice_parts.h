// SPDX-License-Identifier: Apache-2.0
// RocksDB's views of bytes and ours; for storage/ only.
#pragma once

#include <rocksdb/slice.h>

#include <string_view>

namespace freshet {

inline rocksdb::Slice SliceOf(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}

inline std::string_view ViewOf(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

}  // namespace freshet
