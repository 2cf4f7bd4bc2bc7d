// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "storage/version.h"

namespace freshet {

// Finds one row of a version at a time. Not thread-safe.
class RowFinder {
 public:
  // `version` must outlive it.
  explicit RowFinder(const Version& version) : version_(version) {}

  // Deleted ones as well, until the next call; nullopt: it has none.
  absl::StatusOr<std::optional<std::string_view>> Find(std::string_view key);

 private:
  const Version& version_;
  RowBatch batch_;
};

}  // namespace freshet
