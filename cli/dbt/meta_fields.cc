// SPDX-License-Identifier: Apache-2.0
#include "cli/dbt/meta_fields.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/parse.h"

namespace freshet {
namespace {

using Json = nlohmann::ordered_json;
using Texts = std::vector<std::string>;

const Texts kModelFields = {"view",      "entity",      "entities",
                            "join_keys", "event_time",  "zone",
                            "at",        "column_case", "features",
                            "owner",     "description", "deleted_field"};
const Texts kColumnFields = {"name", "type", "exclude"};

Texts Joined(std::initializer_list<const Texts*> lists) {
  Texts all;
  for (const Texts* list : lists) {
    all.insert(all.end(), list->begin(), list->end());
  }
  return all;
}

Texts Unknown(const Json& meta, const Texts& known, const std::string& where) {
  if (meta.is_null() || meta.is_boolean()) return {};
  if (!meta.is_object()) return {where + " takes fields, or true or false"};
  Texts messages;
  for (const auto& [name, value] : meta.items()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const auto nearest = NearestNames(name, known, 1);
    messages.push_back(fmt::format(
        "{} has no field '{}'{}", where, name,
        nearest.empty()
            ? ""
            : fmt::format("; did you mean '{}'?", nearest.front())));
  }
  return messages;
}

}  // namespace

const Texts kMetaFirstSourceFields = {"path", "format", "require_success",
                                      "manifest", "mode"};
const Texts kMetaLastSourceFields = {"duplicates", "partitions", "watch"};
const Texts kMetaViewFields = {"ttl",       "freshness",     "tags",
                               "pii",       "critical",      "guards",
                               "retention", "snapshot_group"};
const Texts kMetaFeatureFields = {"default", "was", "description",
                                  "tags",    "pii", "guard"};

const Json& JsonAt(const Json& json, std::string_view name) {
  static const Json kNull;
  if (!json.is_object()) return kNull;
  const auto it = json.find(std::string(name));
  return it == json.end() ? kNull : *it;
}

std::string JsonText(const Json& json, std::string_view name) {
  const Json& value = JsonAt(json, name);
  return value.is_string() ? value.get<std::string>() : "";
}

Texts JsonTexts(const Json& value) {
  Texts texts;
  if (value.is_string()) texts.push_back(value);
  if (!value.is_array()) return texts;
  for (const Json& item : value) {
    if (item.is_string()) texts.push_back(item);
  }
  return texts;
}

bool JsonIs(const Json& value, bool flag) {
  return value.is_boolean() && value.get<bool>() == flag;
}

Texts UnknownModelMeta(const Json& meta) {
  return Unknown(meta,
                 Joined({&kModelFields, &kMetaFirstSourceFields,
                         &kMetaLastSourceFields, &kMetaViewFields}),
                 "meta.freshet");
}

Texts UnknownColumnMeta(const Json& meta, std::string_view column) {
  return Unknown(meta, Joined({&kColumnFields, &kMetaFeatureFields}),
                 fmt::format("meta.freshet of column '{}'", column));
}

}  // namespace freshet
