// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "absl/status/statusor.h"
#include "features/row_schema.h"

namespace freshet {

// docs/format.md, "Schema".
nlohmann::json SchemaToJson(const RowSchema& schema);

// DATA_LOSS names what is wrong.
absl::StatusOr<RowSchema> SchemaFromJson(const nlohmann::json& json);

}  // namespace freshet
