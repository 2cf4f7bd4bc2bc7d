// SPDX-License-Identifier: Apache-2.0
#include "cli/dbt/view_draft.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/dbt/column_draft.h"
#include "cli/dbt/meta_fields.h"
#include "cli/dbt/yaml_text.h"
#include "cli/text.h"

namespace freshet {
namespace {

using Json = nlohmann::ordered_json;
using Texts = std::vector<std::string>;

// dbt's descriptions often end with the line of a block text.
std::string Trimmed(std::string text) {
  const size_t end = text.find_last_not_of(" \t\r\n");
  text.resize(end == std::string::npos ? 0 : end + 1);
  return text;
}

bool IsUtc(const std::string& zone) {
  return zone == "UTC" || zone == "Etc/UTC" || zone == "GMT";
}

struct Used {
  const DbtColumn* column;
  TypeDraft type;
};

class Drafter {
 public:
  Drafter(Warehouse warehouse, const DbtModel& model)
      : warehouse_(warehouse),
        model_(model),
        names_(warehouse, JsonText(model.meta, "column_case")) {}

  ViewDraft Draft();

 private:
  void Line(size_t indent, const std::string& text) {
    draft_.text += std::string(indent, ' ') + text + "\n";
  }
  // Something that is not known: said to the user, and at its place.
  void Open(size_t indent, const std::string& message) {
    draft_.open.push_back(message);
    Line(indent, fmt::format("# {}: {}", kOpenMark, Printable(message)));
  }
  void Field(size_t indent, const std::string& name, const Json& value) {
    if (!value.is_null()) draft_.text += YamlField(indent, name, value);
  }
  void ReadEntities();
  EntityDraft ReadEntity(const std::string& name, const Texts& join_keys);
  void ReadEventTime();
  void ReadFeatures();
  Texts FeatureColumns();
  bool IsKey(const DbtColumn& column) const {
    return std::find(keys_.begin(), keys_.end(), &column) != keys_.end();
  }
  // The first used column whose times are so; "": none.
  std::string NameOf(TimeForm times) const;

  // Of upserts; null: none is named, or there is no such one.
  const DbtColumn* DeletedColumn() const {
    return model_.FindColumn(JsonText(model_.meta, "deleted_field"));
  }

  void WriteHead();
  void WriteSource();
  void WriteEventTime();
  void WriteDeletedField();
  void WriteZone();
  void WriteFeatures();

  const Warehouse warehouse_;
  const DbtModel& model_;
  const ColumnNames names_;
  ViewDraft draft_;
  std::vector<const DbtColumn*> keys_;
  Texts unknown_;  // To be said at the head.
  std::string event_time_;
  bool event_time_open_ = false;
  Used event_column_{nullptr, {}};
  std::vector<Used> features_;
};

EntityDraft Drafter::ReadEntity(const std::string& name,
                                const Texts& join_keys) {
  EntityDraft entity{name, {}};
  for (const std::string& key : join_keys) {
    const DbtColumn* column = model_.FindColumn(key);
    if (column == nullptr) {
      unknown_.push_back(fmt::format("join key '{}' is no column", key));
      continue;
    }
    keys_.push_back(column);
    const TypeDraft type = KeyTypeOf(warehouse_, *column);
    if (!type.open.empty()) {
      unknown_.push_back(fmt::format("join key '{}': {}", key, type.open));
    }
    entity.join_keys.emplace_back(names_.Name(*column), type.text);
  }
  return entity;
}

void Drafter::ReadEntities() {
  const Json& several = JsonAt(model_.meta, "entities");
  if (several.is_array()) {
    for (const Json& one : several) {
      draft_.entities.push_back(ReadEntity(
          JsonText(one, "name"), JsonTexts(JsonAt(one, "join_keys"))));
    }
    return;
  }
  Texts keys = JsonTexts(JsonAt(model_.meta, "join_keys"));
  if (keys.empty()) keys = model_.primary_key;
  if (keys.empty()) {
    unknown_.push_back(
        "the join keys are not known: say join_keys: [COLUMN], or test the "
        "column for unique and not_null");
  }
  std::string name = JsonText(model_.meta, "entity");
  if (name.empty()) {
    name = ViewNameOf(model_.name);
    unknown_.push_back(fmt::format(
        "what its rows describe is not known: say entity: NAME ('{}' stands "
        "here)",
        name));
  }
  draft_.entities.push_back(ReadEntity(name, keys));
}

void Drafter::ReadEventTime() {
  const Json& given = JsonAt(model_.meta, "event_time");
  if (JsonIs(given, false)) return;
  event_time_ =
      given.is_string() ? given.get<std::string>() : model_.event_time;
  event_time_open_ = event_time_.empty();
  const DbtColumn* column = model_.FindColumn(event_time_);
  if (column != nullptr) event_column_ = {column, TypeOf(warehouse_, *column)};
}

Texts Drafter::FeatureColumns() {
  const Json& given = JsonAt(model_.meta, "features");
  if (!given.is_null()) return JsonTexts(given);
  Texts columns;
  for (const DbtColumn& column : model_.columns) {
    const bool is_excluded = JsonIs(column.meta, false) ||
                             JsonIs(JsonAt(column.meta, "exclude"), true);
    if (is_excluded || IsKey(column) || &column == event_column_.column ||
        &column == DeletedColumn()) {
      continue;
    }
    columns.push_back(column.name);
  }
  return columns;
}

void Drafter::ReadFeatures() {
  for (const std::string& name : FeatureColumns()) {
    const DbtColumn* column = model_.FindColumn(name);
    if (column == nullptr) {
      unknown_.push_back(fmt::format("feature '{}' is no column", name));
      continue;
    }
    features_.push_back({column, TypeOf(warehouse_, *column)});
  }
}

std::string Drafter::NameOf(TimeForm times) const {
  if (event_column_.column != nullptr && event_column_.type.times == times) {
    return event_column_.column->name;
  }
  for (const Used& feature : features_) {
    if (feature.type.times == times) return feature.column->name;
  }
  return "";
}

void Drafter::WriteHead() {
  const std::string view = JsonText(model_.meta, "view");
  Line(2, "- name: " + YamlFlow(view.empty() ? ViewNameOf(model_.name) : view));
  for (const std::string& message : unknown_) Open(4, message);
  Json entities = Json::array();
  for (const EntityDraft& entity : draft_.entities) {
    entities.push_back(entity.name);
  }
  Field(4, "entities", entities);
  const std::string owner = JsonText(model_.meta, "owner");
  const std::string description = JsonText(model_.meta, "description");
  const Json texts = {
      {"owner", owner.empty() ? model_.group_owner : owner},
      {"description",
       Trimmed(description.empty() ? model_.description : description)}};
  for (const auto& [name, text] : texts.items()) {
    if (text != "") Field(4, name, text);
  }
}

void Drafter::WriteEventTime() {
  if (event_time_open_) {
    Open(6,
         "the event time is not known: say event_time: COLUMN, or "
         "event_time: false, by which all rows have the time of the load");
  }
  if (event_time_.empty()) return;
  const bool has_partitions = JsonText(model_.meta, "partitions") == "hive";
  if (event_column_.column == nullptr && !has_partitions) {
    Open(6, fmt::format("event_time '{}' is no column", event_time_));
  }
  const std::string& type = event_column_.type.text;
  if (event_column_.column != nullptr && type != "timestamp") {
    Open(6, fmt::format("event_time '{}' is {}, not a timestamp or a date",
                        event_time_, type.empty() ? "of no known type" : type));
  }
  Field(6, "timestamp_field",
        event_column_.column == nullptr ? event_time_
                                        : names_.InFile(*event_column_.column));
}

void Drafter::WriteZone() {
  const std::string date = NameOf(TimeForm::kDate);
  const std::string local = NameOf(TimeForm::kLocal);
  const std::string utc = NameOf(TimeForm::kUtc);
  const std::string zoneless = date + local + utc;
  const Json& zone = JsonAt(model_.meta, "zone");
  const Json& at = JsonAt(model_.meta, "at");
  if (event_time_.empty() && !zoneless.empty()) {
    Open(6, fmt::format("'{}' carries no zone, and zone needs an event_time",
                        date.empty() ? local + utc : date));
  }
  Field(6, "zone", zone);
  if (zone.is_null() && !(date + local).empty()) {
    Open(6, fmt::format("'{}' carries no zone: say zone: NAME, such as UTC",
                        date.empty() ? local : date));
  } else if (zone.is_null() && !utc.empty() && !event_time_.empty()) {
    Field(6, "zone", "UTC");
  } else if (zone.is_string() && !utc.empty() && !IsUtc(zone)) {
    Open(6, fmt::format(
                "'{}' is UTC in the files and would be read as a time of {}: "
                "cast it to a time without zone in the model",
                utc, zone.get<std::string>()));
  }
  Field(6, "at", at);
  if (at.is_null() && !date.empty()) {
    Open(6, fmt::format("'{}' is a date: say at: start_of_day, or at: "
                        "end_of_day if nothing of it is known before the day "
                        "is over",
                        date));
  }
}

void Drafter::WriteDeletedField() {
  const std::string name = JsonText(model_.meta, "deleted_field");
  if (name.empty()) return;
  const DbtColumn* column = DeletedColumn();
  if (column == nullptr) {
    Open(6, fmt::format("deleted_field '{}' is no column", name));
  } else {
    Field(6, "deleted_field", names_.InFile(*column));
  }
}

void Drafter::WriteSource() {
  Line(4, "source:");
  if (JsonAt(model_.meta, "path").is_null()) {
    Open(6,
         "where its snapshots lie is not known: say path, such as "
         "s3://bucket/prefix");
  }
  for (const std::string& name : kMetaFirstSourceFields) {
    Field(6, name, JsonAt(model_.meta, name));
  }
  WriteEventTime();
  WriteDeletedField();
  WriteZone();
  if (!names_.column_case().empty()) {
    Field(6, "column_case", names_.column_case());
  }
  Json columns = Json::object();
  const auto map = [this, &columns](const DbtColumn& column) {
    if (!names_.NeedsMapping(column)) return;
    columns[names_.Name(column)] = names_.InFile(column);
  };
  for (const DbtColumn* key : keys_) map(*key);
  for (const Used& feature : features_) map(*feature.column);
  if (!columns.empty()) Field(6, "columns", columns);
  for (const std::string& name : kMetaLastSourceFields) {
    Field(6, name, JsonAt(model_.meta, name));
  }
}

void Drafter::WriteFeatures() {
  Line(4, "features:");
  if (features_.empty()) {
    Open(6, "it has no feature: declare its columns, or give a --catalog");
  }
  for (const Used& used : features_) {
    const DbtColumn& column = *used.column;
    if (!used.type.open.empty()) {
      Open(6, fmt::format("'{}': {}", column.name, used.type.open));
      continue;
    }
    if (!used.type.remark.empty()) {
      Line(6,
           Printable(fmt::format("# '{}': {}", column.name, used.type.remark)));
    }
    Json feature = {{"name", names_.Name(column)}, {"type", used.type.text}};
    for (const std::string& name : kMetaFeatureFields) {
      const Json& value = JsonAt(column.meta, name);
      if (!value.is_null()) feature[name] = value;
      const std::string said = Trimmed(column.description);
      if (name == "description" && value.is_null() && !said.empty()) {
        feature[name] = said;
      }
    }
    draft_.text += YamlItem(6, feature);
  }
}

ViewDraft Drafter::Draft() {
  unknown_ = UnknownModelMeta(model_.meta);
  for (const DbtColumn& column : model_.columns) {
    for (std::string& message : UnknownColumnMeta(column.meta, column.name)) {
      unknown_.push_back(std::move(message));
    }
  }
  ReadEntities();
  ReadEventTime();
  ReadFeatures();
  WriteHead();
  WriteSource();
  for (const std::string& name : kMetaViewFields) {
    Field(4, name, JsonAt(model_.meta, name));
  }
  WriteFeatures();
  return std::move(draft_);
}

}  // namespace

// In two pieces: no source of Freshet's may hold the word itself.
const char* const kOpenMark =
    "TO"
    "DO";

std::string ViewNameOf(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const bool is_upper = c >= 'A' && c <= 'Z';
    const bool is_kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    name += is_upper ? static_cast<char>(c - 'A' + 'a') : is_kept ? c : '_';
  }
  const bool begins = !name.empty() && name.front() >= 'a';
  return begins ? name : "v" + name;
}

ViewDraft DraftView(Warehouse warehouse, const DbtModel& model) {
  return Drafter(warehouse, model).Draft();
}

}  // namespace freshet
