// SPDX-License-Identifier: Apache-2.0
// The checks that stand between a directory and a version that is served.
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

// Whether `dir` has a manifest equal to `expected` and the files that it
// names, by size and by the sum of their tails.
// DATA_LOSS names what differs; FAILED_PRECONDITION for a newer format.
absl::Status CheckVersionFiles(const std::string& dir,
                               const Manifest& expected);

// Opens the database read-only and compares what its tables say of themselves
// with `expected`.
absl::StatusOr<std::unique_ptr<rocksdb::DB>> OpenVersionDb(
    const std::string& dir, const Manifest& expected,
    const StoreResources::Shared& shared);

}  // namespace freshet
