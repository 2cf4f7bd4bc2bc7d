// SPDX-License-Identifier: Apache-2.0
#include "cli/dbt/draft.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/dbt/view_draft.h"
#include "cli/dbt/yaml_text.h"
#include "cli/text.h"
#include "features/check.h"

namespace freshet {
namespace {

using Json = nlohmann::ordered_json;

// The entities of all views, each once, in the order they came.
class EntityList {
 public:
  // "": taken, or there already, the same. Else how it differs from the one
  // that another model brought.
  std::string Add(const EntityDraft& entity) {
    const auto same = std::find_if(
        entities_.begin(), entities_.end(),
        [&entity](const EntityDraft& e) { return e.name == entity.name; });
    if (same == entities_.end()) {
      entities_.push_back(entity);
      return "";
    }
    if (*same == entity) return "";
    return fmt::format(
        "entity '{}' has the key {} here and {} in a model before: cast or "
        "rename the columns, or name another entity",
        entity.name, YamlFlow(KeysOf(entity)), YamlFlow(KeysOf(*same)));
  }

  std::string Text() const {
    std::string text = "entities:\n";
    for (const EntityDraft& entity : entities_) {
      text += YamlItem(
          2, Json{{"name", entity.name}, {"join_keys", KeysOf(entity)}});
    }
    return text;
  }

 private:
  static Json KeysOf(const EntityDraft& entity) {
    Json keys = Json::array();
    for (const auto& [name, type] : entity.join_keys) {
      keys.push_back({{"name", name}, {"type", type}});
      if (type.empty()) keys.back().erase("type");
    }
    return keys;
  }

  std::vector<EntityDraft> entities_;
};

}  // namespace

DefinitionDraft DraftDefinitions(const DbtProject& project,
                                 const std::vector<const DbtModel*>& models) {
  DefinitionDraft draft;
  const Warehouse warehouse = WarehouseOf(project.adapter);
  EntityList entities;
  std::string views;
  for (const DbtModel* model : models) {
    ViewDraft view = DraftView(warehouse, *model);
    for (const EntityDraft& entity : view.entities) {
      std::string conflict = entities.Add(entity);
      if (conflict.empty()) continue;
      views += fmt::format("  # {}: {}\n", kOpenMark, Printable(conflict));
      view.open.push_back(std::move(conflict));
    }
    views += view.text;
    for (std::string& message : view.open) {
      draft.open.push_back({model->name, std::move(message)});
    }
  }
  draft.yaml = fmt::format(
      "# Drafted by freshet import-dbt.\nproject: {}\n{}batch_feature_views:\n"
      "{}",
      YamlFlow(ViewNameOf(project.name)), entities.Text(), views);
  if (draft.open.empty()) draft.problems = ParseAndCheck(draft.yaml).problems;
  return draft;
}

}  // namespace freshet
