// SPDX-License-Identifier: Apache-2.0
#include "loader/layers/row_finder.h"

#include <array>

#include "base/error.h"

namespace freshet {

absl::StatusOr<std::optional<std::string_view>> RowFinder::Find(
    std::string_view key) {
  using State = RowBatch::State;
  const std::array<std::string_view, 1> keys = {key};
  version_.LookupCached(keys, batch_);
  if (batch_.needs_disk() > 0) version_.LookupDisk(keys, batch_);
  switch (batch_.state(0)) {
    case State::kFound:
    case State::kDeleted:
      return batch_.row(0);
    case State::kNotFound:
      return std::nullopt;
    case State::kCorrupt:
      return DataLoss("a block of the version before is damaged");
    default:
      return Internal("the version before cannot be read");
  }
}

}  // namespace freshet
