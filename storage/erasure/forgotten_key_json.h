// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "absl/status/statusor.h"
#include "storage/erasure/forgotten_keys.h"

namespace freshet {

nlohmann::json ForgottenKeyToJson(const ForgottenKey& key);
absl::StatusOr<ForgottenKey> ForgottenKeyFromJson(const nlohmann::json& object);

}  // namespace freshet
