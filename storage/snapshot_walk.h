// SPDX-License-Identifier: Apache-2.0
// Which files under a directory are a snapshot's: the one rule for the loader,
// which reads them, and the daemon, which judges by their size whether it may.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace freshet {

// Told of what may be a file or a directory: its path, and its name relative to
// the snapshot's directory. Returns where to go on if it is a directory,
// nullopt if it is a file or not to be looked into.
using VisitSnapshotEntry =
    std::function<absl::StatusOr<std::optional<std::string>>(
        const std::string& path, const std::string& name)>;

// INVALID_ARGUMENT if a file or directory of this name belongs to a table
// format (Delta Lake, Apache Iceberg, Apache Hudi): its files also hold rows
// that were deleted or replaced since, which only its log tells apart.
absl::Status CheckPlainName(std::string_view name);

// Whether a file of this name, relative to the snapshot's directory, is left
// out: it or a directory above begins with `.` or `_`, as by Spark and Hive.
bool IsHiddenName(std::string_view name);

// Whether WalkSnapshot visits the file `a` before `b`: by whole segments, so
// `a/x` before `a.csv`, though '.' is less than '/'.
bool IsVisitedBefore(std::string_view a, std::string_view b);

// Visits what lies under `dir`, in the order of the names; a directory's
// entries come after it. Hidden ones are left out. INVALID_ARGUMENT where a
// tree has more than 16 levels or 100,000 entries: a mistake in the path, or
// links in a circle; and by CheckPlainName. Ends with the first error of
// `visit`.
absl::Status WalkSnapshot(const std::string& dir,
                          const VisitSnapshotEntry& visit);

}  // namespace freshet
