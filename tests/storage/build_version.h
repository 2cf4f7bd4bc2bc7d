// SPDX-License-Identifier: Apache-2.0
// Versions for the tests of storage/: small rows whose content is known from
// their key.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/manifest.h"
#include "storage/version.h"
#include "storage/version_writer.h"

namespace freshet {

using Rows = std::map<std::string, std::string>;

// A string key, an int64, a string and a double.
RowSchema TestSchema();
Manifest TestIdentity(int64_t version = 1);

// A row of TestSchema; `text` of it is repeatable junk that compresses badly.
std::string TestRow(int64_t number, size_t text_bytes = 20);

// Keys `k000000`, `k000001`... with TestRow of their number.
Rows TestRows(int64_t count, size_t text_bytes = 20);

// Builds a version in `dir`, which is made.
absl::StatusOr<Manifest> BuildVersion(
    const std::string& dir, const Rows& rows,
    const VersionWriterOptions& options = {},
    const Manifest& identity = TestIdentity());

struct Found {
  RowBatch::State state = RowBatch::State::kNotFound;
  std::string row;
};

// What LookupCached and then LookupDisk give for each key.
std::vector<Found> LookUp(const Version& version,
                          const std::vector<std::string>& keys);

std::vector<std::string> KeysOf(const Rows& rows);

}  // namespace freshet
