// SPDX-License-Identifier: Apache-2.0
#include "cli/dbt/project.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "cli/dbt/meta_fields.h"
#include "config/parse.h"

namespace freshet {
namespace {

using Json = nlohmann::ordered_json;

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// Where a newer dbt keeps it, else where an older one does.
Json FreshetMeta(const Json& json) {
  const Json& newer = JsonAt(JsonAt(JsonAt(json, "config"), "meta"), "freshet");
  return newer.is_null() ? JsonAt(JsonAt(json, "meta"), "freshet") : newer;
}

// Deeper than dbt's own files: what is within `meta` may be anything.
constexpr int kDepthMax = 48;

// Manifests have tens of megabytes, most of it texts of models and macros that
// nobody asks for here: what is not wanted is dropped while it is read.
bool IsWanted(int depth, const std::string& key, std::string& section) {
  static const std::set<std::string> kSections = {"metadata", "nodes",
                                                  "groups"};
  static const std::set<std::string> kFields = {
      "resource_type",  "package_name", "name",   "version",
      "latest_version", "description",  "config", "meta",
      "group",          "primary_key",  "columns"};
  switch (depth) {
    case 1:
      section = key;
      return kSections.contains(key);
    case 2:
      return section != "nodes" || key.starts_with("model.");
    case 3:
      return section != "nodes" || kFields.contains(key);
    default:
      return true;
  }
}

// `what` is the file's name for people.
absl::StatusOr<Json> ParseJson(std::string_view text, std::string_view what) {
  std::string section;
  bool is_deep = false;
  Json json = Json::parse(
      text,
      [&section, &is_deep](int depth, Json::parse_event_t event, Json& parsed) {
        is_deep = is_deep || depth > kDepthMax;
        return event != Json::parse_event_t::key ||
               IsWanted(depth, parsed.get_ref<const std::string&>(), section);
      },
      /*allow_exceptions=*/false);
  if (is_deep) return InvalidArgument("it is more than {} deep", kDepthMax);
  if (json.is_discarded()) return InvalidArgument("it is no JSON");
  if (!JsonAt(json, "nodes").is_object() ||
      !JsonAt(json, "metadata").is_object()) {
    return InvalidArgument(
        "it is no {} of dbt's: it has no 'metadata' and 'nodes'", what);
  }
  return json;
}

std::string GroupOwner(const Json& manifest, const DbtModel& model,
                       const std::string& group) {
  if (group.empty()) return "";
  const Json& owner = JsonAt(JsonAt(JsonAt(manifest, "groups"),
                                    "group." + model.package + "." + group),
                             "owner");
  const std::string email = JsonText(owner, "email");
  return email.empty() ? JsonText(owner, "name") : email;
}

// A version is a number or a text.
std::string VersionOf(const Json& node, std::string_view name) {
  const Json& version = JsonAt(node, name);
  if (version.is_string()) return version.get<std::string>();
  return version.is_number() ? version.dump() : "";
}

DbtColumn ColumnOf(const std::string& key, const Json& json) {
  DbtColumn column;
  column.name = JsonText(json, "name");
  if (column.name.empty()) column.name = key;
  column.description = JsonText(json, "description");
  column.data_type = JsonText(json, "data_type");
  column.quoted = JsonIs(JsonAt(json, "quote"), true);
  column.meta = FreshetMeta(json);
  return column;
}

DbtModel ModelOf(const std::string& id, const Json& node,
                 const Json& manifest) {
  DbtModel model;
  model.id = id;
  model.package = JsonText(node, "package_name");
  model.name = JsonText(node, "name");
  model.version = VersionOf(node, "version");
  model.latest = model.version == VersionOf(node, "latest_version");
  model.description = JsonText(node, "description");
  model.event_time = JsonText(JsonAt(node, "config"), "event_time");
  model.meta = FreshetMeta(node);
  std::string group = JsonText(node, "group");
  if (group.empty()) group = JsonText(JsonAt(node, "config"), "group");
  model.group_owner = GroupOwner(manifest, model, group);
  model.primary_key = JsonTexts(JsonAt(node, "primary_key"));
  const Json& columns = JsonAt(node, "columns");
  if (!columns.is_object()) return model;
  for (const auto& [key, column] : columns.items()) {
    model.columns.push_back(ColumnOf(key, column));
  }
  return model;
}

// The columns of a catalog, in the table's order, with what the manifest says
// of them.
std::vector<DbtColumn> CatalogColumns(const Json& node, const DbtModel& model) {
  std::vector<std::pair<int64_t, DbtColumn>> found;
  for (const auto& [key, json] : JsonAt(node, "columns").items()) {
    const DbtColumn* known = model.FindColumn(key);
    DbtColumn column = known == nullptr ? DbtColumn{} : *known;
    column.name = key;
    column.catalog_type = JsonText(json, "type");
    const Json& index = JsonAt(json, "index");
    found.emplace_back(index.is_number_integer() ? index.get<int64_t>() : 0,
                       std::move(column));
  }
  std::stable_sort(
      found.begin(), found.end(),
      [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<DbtColumn> columns;
  for (auto& [index, column] : found) columns.push_back(std::move(column));
  return columns;
}

bool IsNamed(const DbtModel& model, const std::string& word) {
  const std::string versioned = model.name + ".v" + model.version;
  if (word == model.id) return true;
  if (!model.version.empty() &&
      (word == versioned || word == model.package + "." + versioned)) {
    return true;
  }
  return model.latest &&
         (word == model.name || word == model.package + "." + model.name);
}

bool IsMarked(const DbtModel& model) {
  return model.latest && !model.meta.is_null() && !JsonIs(model.meta, false);
}

}  // namespace

const DbtColumn* DbtModel::FindColumn(std::string_view wanted) const {
  const DbtColumn* same = nullptr;
  for (const DbtColumn& column : columns) {
    if (column.name == wanted) return &column;
    if (Lower(column.name) == Lower(wanted)) same = &column;
  }
  return same;
}

absl::StatusOr<DbtProject> ReadDbtManifest(std::string_view text) {
  const auto manifest = ParseJson(text, "manifest");
  if (!manifest.ok()) return manifest.status();
  DbtProject project;
  project.name = JsonText(JsonAt(*manifest, "metadata"), "project_name");
  project.adapter = JsonText(JsonAt(*manifest, "metadata"), "adapter_type");
  for (const auto& [id, node] : JsonAt(*manifest, "nodes").items()) {
    if (JsonText(node, "resource_type") != "model") continue;
    project.models.push_back(ModelOf(id, node, *manifest));
  }
  return project;
}

absl::Status AddDbtCatalog(std::string_view text, DbtProject& project) {
  const auto catalog = ParseJson(text, "catalog");
  if (!catalog.ok()) return catalog.status();
  const Json& nodes = JsonAt(*catalog, "nodes");
  for (DbtModel& model : project.models) {
    const Json& node = JsonAt(nodes, model.id);
    if (!JsonAt(node, "columns").is_object()) continue;
    model.columns = CatalogColumns(node, model);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<const DbtModel*>> SelectModels(
    const DbtProject& project, const std::vector<std::string>& wanted) {
  std::vector<const DbtModel*> selected;
  for (const DbtModel& model : project.models) {
    const bool named = std::any_of(
        wanted.begin(), wanted.end(),
        [&model](const std::string& word) { return IsNamed(model, word); });
    if (wanted.empty() ? IsMarked(model) : named) selected.push_back(&model);
  }
  for (const std::string& word : wanted) {
    if (std::any_of(selected.begin(), selected.end(),
                    [&word](const DbtModel* m) { return IsNamed(*m, word); })) {
      continue;
    }
    std::vector<std::string> names;
    for (const DbtModel& model : project.models) names.push_back(model.name);
    const auto nearest = NearestNames(word, names, 2);
    return NotFound("there is no model '{}' in the manifest{}", word,
                    nearest.empty()
                        ? ""
                        : fmt::format("; did you mean '{}'?",
                                      fmt::join(nearest, "' or '")));
  }
  if (selected.empty()) {
    return NotFound(
        "none of the manifest's {} models has meta.freshet; name those that "
        "are meant: --select MODEL",
        project.models.size());
  }
  return selected;
}

}  // namespace freshet
