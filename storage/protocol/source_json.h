// SPDX-License-Identifier: Apache-2.0
// Parts that the loader's and the watcher's messages have in common.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/definitions.h"
#include "config/settings.h"

namespace freshet {

class JsonFields;

// Each FromJson is DATA_LOSS if the object is not what ToJson makes.
nlohmann::json SourceToJson(const BatchSource& source);
absl::StatusOr<BatchSource> SourceFromJson(const nlohmann::json& object);

nlohmann::json S3ToJson(const S3Settings& s3);
absl::StatusOr<S3Settings> S3FromJson(const nlohmann::json& object);

nlohmann::json StatusToJson(const absl::Status& status);
// Field `name` of an object, which StatusToJson made; else it fails `fields`.
absl::Status StatusField(const char* name, JsonFields& fields);

absl::StatusOr<std::vector<std::string>> StringsFromJson(
    const nlohmann::json& array);

}  // namespace freshet
