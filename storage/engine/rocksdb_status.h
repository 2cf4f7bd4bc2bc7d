// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace rocksdb {
class Status;
}

namespace freshet {

// RocksDB's statuses become ours here and nowhere else, with `what` before the
// message. Corruption is DATA_LOSS, a full disk RESOURCE_EXHAUSTED.
absl::Status FromRocksDb(const rocksdb::Status& status, std::string_view what);

}  // namespace freshet
