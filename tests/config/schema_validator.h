// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

namespace freshet {

// Whether `document` is valid by JSON Schema, draft 2020-12, for the keywords
// that Freshet's schema uses. Throws std::logic_error on any other keyword, so
// that none is passed over in silence.
bool IsValid(const nlohmann::json& root_schema, const nlohmann::json& document);

}  // namespace freshet
