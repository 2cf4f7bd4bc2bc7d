// SPDX-License-Identifier: Apache-2.0
#include "storage/schema_json.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"
#include "base/status.h"
#include "storage/json_fields.h"

namespace freshet {
namespace {

using nlohmann::json;

Type TypeField(JsonFields& fields) {
  const std::string text = fields.String("type");
  if (!fields.status().ok()) return {};
  const absl::StatusOr<Type> type = Type::Parse(text);
  if (type.ok()) return *type;
  fields.Fail(DataLoss("'{}' is not a type", text));
  return {};
}

}  // namespace

json SchemaToJson(const RowSchema& schema) {
  json key = json::array();
  for (const KeyPart& part : schema.key()) {
    key.push_back({{"name", part.name}, {"type", part.type.ToString()}});
  }
  json columns = json::array();
  for (const Column& column : schema.columns()) {
    columns.push_back({{"id", column.id},
                       {"name", column.name},
                       {"type", column.type.ToString()}});
  }
  return {{"id", schema.id()},
          {"key", std::move(key)},
          {"columns", std::move(columns)}};
}

absl::StatusOr<RowSchema> SchemaFromJson(const json& object) {
  JsonFields fields(object);
  const uint32_t id = fields.Uint32("id");
  std::vector<KeyPart> key;
  for (const json& element : fields.Array("key")) {
    JsonFields part(element);
    std::string name = part.String("name");
    const Type type = TypeField(part);
    RETURN_IF_ERROR(part.status());
    key.push_back({std::move(name), type});
  }
  std::vector<Column> columns;
  for (const json& element : fields.Array("columns")) {
    JsonFields column(element);
    const uint32_t column_id = column.Uint32("id");
    std::string name = column.String("name");
    const Type type = TypeField(column);
    RETURN_IF_ERROR(column.status());
    columns.push_back({column_id, std::move(name), type});
  }
  RETURN_IF_ERROR(fields.status());
  auto schema = RowSchema::Create(id, std::move(key), std::move(columns));
  if (!schema.ok()) return DataLoss("{}", schema.status().ToString());
  return schema;
}

}  // namespace freshet
