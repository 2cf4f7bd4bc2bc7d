// SPDX-License-Identifier: Apache-2.0
#include "ingest/formats/json_events.h"

#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/status.h"
#include "ingest/formats/json_value_parts.h"

namespace freshet {
namespace {

std::vector<JsonMember> AllOf(std::vector<StreamField> fields) {
  std::vector<JsonMember> members;
  for (StreamField& field : fields) {
    std::string name = field.name;
    members.push_back({.name = std::move(name),
                       .index = members.size(),
                       .field = std::move(field)});
  }
  return members;
}

JsonMembers MembersOf(std::vector<JsonMember> members) {
  std::vector<JsonField> fields;
  std::vector<std::string> names;
  for (JsonMember& member : members) {
    names.push_back(std::move(member.name));
    const int64_t scale = member.field.type.scale;
    fields.push_back({.index = member.index,
                      .field = std::move(member.field),
                      .scale = scale});
  }
  return JsonMembers(std::move(fields), std::move(names));
}

// The object that is an object's `payload`, if there is a `schema` too.
absl::StatusOr<std::optional<std::string_view>> PayloadIn(
    simdjson::ondemand::object& object) {
  bool has_schema = false;
  std::optional<std::string_view> payload;
  for (auto member : object) {
    std::string_view name;
    if (const auto error = member.unescaped_key().get(name)) {
      return NotJson(error);
    }
    has_schema = has_schema || name == "schema";
    if (name != "payload") continue;
    simdjson::ondemand::value value;
    if (const auto error = member.value().get(value)) return NotJson(error);
    simdjson::ondemand::json_type type = {};
    if (const auto error = value.type().get(type)) return NotJson(error);
    if (type != simdjson::ondemand::json_type::object) continue;
    ASSIGN_OR_RETURN(payload, ObjectText(name, value));
  }
  return has_schema ? payload : std::nullopt;
}

}  // namespace

struct JsonEvents::Parts {
  explicit Parts(std::vector<JsonMember> of)
      : members(MembersOf(std::move(of))) {}

  absl::Status ReadObject(std::string_view text, EventRows& rows);

  JsonMembers members;
  JsonText json;
};

JsonEvents::JsonEvents(std::vector<StreamField> fields)
    : JsonEvents(AllOf(std::move(fields))) {}

JsonEvents::JsonEvents(std::vector<JsonMember> members)
    : parts_(std::make_unique<Parts>(std::move(members))) {}

JsonEvents::~JsonEvents() = default;

absl::Status JsonEvents::Parts::ReadObject(std::string_view text,
                                           EventRows& rows) {
  ASSIGN_OR_RETURN(simdjson::ondemand::object object, json.Open(text));
  RETURN_IF_ERROR(members.ReadAll(object, rows));
  return json.CheckEnd();
}

absl::Status JsonEvents::Read(std::string_view text, EventRows& rows) {
  parts_->json.Take(text);
  return parts_->ReadObject(parts_->json.text(), rows);
}

absl::Status JsonEvents::ReadPayload(std::string_view text, EventRows& rows) {
  JsonText& json = parts_->json;
  json.Take(text);
  ASSIGN_OR_RETURN(simdjson::ondemand::object object, json.Open(json.text()));
  ASSIGN_OR_RETURN(const auto payload, PayloadIn(object));
  RETURN_IF_ERROR(json.CheckEnd());
  return parts_->ReadObject(payload.value_or(json.text()), rows);
}

}  // namespace freshet
