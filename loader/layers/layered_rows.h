// SPDX-License-Identifier: Apache-2.0
// Rows of a load laid over the version before: docs/semantics.md, rules 7
// and 9.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "features/row_schema.h"
#include "loader/sort/unique_rows.h"
#include "storage/version.h"

namespace freshet {

using RowSink =
    std::function<absl::Status(std::string_view key, std::string_view row)>;

struct LayeredCounts {
  int64_t older = 0;  // Rows that gave way to a newer one of the version.
  // What both answer with together; nullopt: what the sink got.
  std::optional<int64_t> live_rows;
};

// Gives `sink` those of `rows` that count over `base`: their event time is not
// older than that of its row, deleted or not. So what was laid over it last
// always wins, and a backfill overwrites nothing that is newer.
absl::StatusOr<LayeredCounts> LayOver(const Version& base, UniqueRows& rows,
                                      const RowSink& sink);

// Gives `sink` the rows of `base` as rows of `schema`, deleted ones as well,
// with those of `rows` that count over them.
absl::StatusOr<LayeredCounts> MergeOver(const Version& base,
                                        const RowSchema& schema,
                                        UniqueRows& rows, const RowSink& sink);

}  // namespace freshet
