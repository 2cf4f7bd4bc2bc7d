// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "loader/formats/batch_reader.h"

namespace freshet {

// Columns that the names of directories hold, `ds=2026-01-31/`, with their
// text; none where it is null.
using PathColumns =
    std::map<std::string, std::optional<std::string>, std::less<>>;

// Of a file's path, in the form of Hive, which Spark writes too: names and
// values percent-encoded, null as `__HIVE_DEFAULT_PARTITION__`; of two with one
// name the one closer to the file. A `%` that encodes nothing stays as it is.
PathColumns PathColumnsOf(std::string_view path);

// OpenBatchReader of a file that lacks the wanted columns of `path`: they are
// added to each batch, as text. What the file has of the same name is not
// read. INVALID_ARGUMENT if it leaves nothing to read, or is not UTF-8.
absl::StatusOr<std::unique_ptr<BatchReader>> OpenWithPathColumns(
    OpenFile file, const PathColumns& path);

}  // namespace freshet
