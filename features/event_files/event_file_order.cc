// SPDX-License-Identifier: Apache-2.0
#include "features/event_files/event_file_order.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"
#include "base/status.h"
#include "config/names.h"

namespace freshet {
namespace {

using nlohmann::json;

constexpr std::string_view kOrderBegins = R"({"events":)";

absl::Status NoOrder(std::string_view what) {
  return DataLoss("the order to read events says nothing of '{}'", what);
}

absl::StatusOr<std::string> TextOf(const json& object, const char* name) {
  const auto at = object.find(name);
  if (at == object.end() || !at->is_string()) return NoOrder(name);
  return at->get<std::string>();
}

// One of `names`, by which the enumerations are written.
absl::StatusOr<std::string> ChoiceOf(const json& object, const char* name,
                                     const std::vector<std::string>& names) {
  ASSIGN_OR_RETURN(std::string choice, TextOf(object, name));
  if (std::find(names.begin(), names.end(), choice) == names.end()) {
    return NoOrder(name);
  }
  return choice;
}

absl::StatusOr<std::vector<StreamField>> FieldsOf(const json& order) {
  const auto at = order.find("fields");
  if (at == order.end() || !at->is_array()) return NoOrder("fields");
  std::vector<StreamField> fields;
  for (const json& one : *at) {
    if (!one.is_object()) return NoOrder("fields");
    StreamField field;
    ASSIGN_OR_RETURN(field.name, TextOf(one, "name"));
    ASSIGN_OR_RETURN(const std::string type, TextOf(one, "type"));
    ASSIGN_OR_RETURN(field.type, Type::Parse(type));
    if (field.type.list || field.type.fixed_length > 0) {
      return NoOrder("fields");
    }
    fields.push_back(std::move(field));
  }
  return fields;
}

absl::StatusOr<std::vector<std::string>> RequiredOf(const json& order) {
  const auto at = order.find("required");
  if (at == order.end() || !at->is_array()) return NoOrder("required");
  std::vector<std::string> names;
  for (const json& one : *at) {
    if (!one.is_string()) return NoOrder("required");
    names.push_back(one.get<std::string>());
  }
  return names;
}

}  // namespace

bool IsEventFileOrder(std::string_view line) {
  return line.starts_with(kOrderBegins);
}

std::string SerializeEventFileOrder(const EventFileOrder& order) {
  json fields = json::array();
  for (const StreamField& field : order.fields) {
    fields.push_back({{"name", field.name}, {"type", field.type.ToString()}});
  }
  const json object = {{"events",
                        {{"path", order.path},
                         {"format", FileFormatName(order.format)},
                         {"fields", std::move(fields)},
                         {"required", order.required},
                         {"zone", order.zone},
                         {"at", DayPointName(order.at_day)},
                         {"scratch_dir", order.scratch_dir},
                         {"memory_max_bytes", order.memory_max_bytes}}}};
  // Paths that are not UTF-8 are told the loader as other paths, which are not
  // there.
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

absl::StatusOr<EventFileOrder> ParseEventFileOrder(std::string_view line) {
  const json object = json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object() || !object.contains("events") ||
      !object["events"].is_object()) {
    return NoOrder("events");
  }
  const json& events = object["events"];
  EventFileOrder order;
  ASSIGN_OR_RETURN(order.path, TextOf(events, "path"));
  ASSIGN_OR_RETURN(const std::string format,
                   ChoiceOf(events, "format", FileFormatNames()));
  order.format = FileFormatOf(format);
  if (order.format == FileFormat::kAuto ||
      order.format == FileFormat::kJsonLines) {
    return NoOrder("format");
  }
  ASSIGN_OR_RETURN(order.fields, FieldsOf(events));
  ASSIGN_OR_RETURN(order.required, RequiredOf(events));
  ASSIGN_OR_RETURN(order.zone, TextOf(events, "zone"));
  std::vector<std::string> points = DayPointNames();
  points.emplace_back();
  ASSIGN_OR_RETURN(const std::string at, ChoiceOf(events, "at", points));
  if (!at.empty()) order.at_day = DayPointOf(at);
  ASSIGN_OR_RETURN(order.scratch_dir, TextOf(events, "scratch_dir"));
  const auto memory = events.find("memory_max_bytes");
  if (memory == events.end() || !memory->is_number_integer()) {
    return NoOrder("memory_max_bytes");
  }
  order.memory_max_bytes = memory->get<int64_t>();
  return order;
}

RowSchema EventRowSchema(const std::vector<StreamField>& fields) {
  std::vector<Column> columns;
  for (const StreamField& field : fields) {
    columns.push_back({.id = static_cast<uint32_t>(columns.size()),
                       .name = field.name,
                       .type = field.type});
  }
  return RowSchema(/*id=*/0, /*key=*/{}, std::move(columns));
}

}  // namespace freshet
