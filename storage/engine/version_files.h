// SPDX-License-Identifier: Apache-2.0
// From a directory to an open database.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/manifest.h"
#include "storage/store_resources.h"

namespace rocksdb {
class DB;
}

namespace freshet {

// Opens the database read-only and compares what its tables say of themselves
// with `expected`.
absl::StatusOr<std::unique_ptr<rocksdb::DB>> OpenVersionDb(
    const std::string& dir, const Manifest& expected,
    const StoreResources::Shared& shared);

}  // namespace freshet
