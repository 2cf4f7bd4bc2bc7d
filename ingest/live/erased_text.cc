// SPDX-License-Identifier: Apache-2.0
#include "ingest/live/erased_text.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"
#include "base/status.h"
#include "storage/json_fields.h"

namespace freshet {

std::string EncodeErased(const std::vector<ErasedEntity>& erased) {
  nlohmann::json all = nlohmann::json::array();
  for (const ErasedEntity& one : erased) {
    all.push_back({{"entity", one.entity},
                   {"key", Hex64Text(one.hash)},
                   {"at_micros", one.at_micros},
                   {"who", one.who},
                   {"views", one.views},
                   {"last_record", Hex64Text(one.last_record)},
                   {"deleted", one.deleted},
                   {"compacted", one.compacted}});
  }
  return DumpJson({{"forgotten", std::move(all)}}, /*pretty=*/false);
}

absl::StatusOr<std::vector<ErasedEntity>> DecodeErased(std::string_view bytes) {
  ASSIGN_OR_RETURN(const nlohmann::json json, ParseJsonObject(bytes));
  JsonFields fields(json);
  std::vector<ErasedEntity> erased;
  for (const nlohmann::json& entry : fields.Array("forgotten")) {
    JsonFields in(entry);
    ErasedEntity& one = erased.emplace_back();
    one.entity = in.String("entity");
    one.hash = in.Hex64("key");
    one.at_micros = in.Int64("at_micros");
    one.who = in.String("who");
    for (const nlohmann::json& view : in.Array("views")) {
      if (!view.is_string()) return DataLoss("'views' has what is no name");
      one.views.insert(view.get<std::string>());
    }
    one.last_record = in.Hex64("last_record");
    one.deleted = in.Bool("deleted");
    one.compacted = in.Bool("compacted");
    RETURN_IF_ERROR(in.status());
  }
  RETURN_IF_ERROR(fields.status());
  return erased;
}

}  // namespace freshet
