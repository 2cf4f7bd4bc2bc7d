// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ingest/live/live_erasure.h"

namespace freshet {

// What was forgotten, as it is kept with the live store: docs/format.md, "Live
// store".
std::string EncodeErased(const std::vector<ErasedEntity>& erased);
// DATA_LOSS if it is none.
absl::StatusOr<std::vector<ErasedEntity>> DecodeErased(std::string_view bytes);

}  // namespace freshet
