// SPDX-License-Identifier: Apache-2.0
#include "storage/erasure/forgotten_key_json.h"

#include <nlohmann/json.hpp>

#include "base/status.h"
#include "storage/json_fields.h"
#include "storage/protocol/source_json.h"

namespace freshet {

using nlohmann::json;

json ForgottenKeyToJson(const ForgottenKey& key) {
  return {{"join_keys", key.join_keys},
          {"hash", Hex64Text(key.hash)},
          {"until_version", key.until_version}};
}

absl::StatusOr<ForgottenKey> ForgottenKeyFromJson(const json& object) {
  JsonFields fields(object);
  ForgottenKey key;
  const json& join_keys = fields.Array("join_keys");
  key.hash = fields.Hex64("hash");
  key.until_version = fields.Int64("until_version");
  RETURN_IF_ERROR(fields.status());
  ASSIGN_OR_RETURN(key.join_keys, StringsFromJson(join_keys));
  return key;
}

}  // namespace freshet
