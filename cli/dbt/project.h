// SPDX-License-Identifier: Apache-2.0
// What dbt's manifest.json, and its catalog.json, say of models.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace freshet {

struct DbtColumn {
  std::string name;  // As the catalog has it, else the manifest.
  std::string description;
  std::string data_type;     // As its author declared it; "": not.
  std::string catalog_type;  // As the warehouse has it; "": not known.
  bool quoted = false;
  nlohmann::ordered_json meta;  // Of `meta.freshet`; null: there is none.
};

struct DbtModel {
  std::string id;  // model.shop.users
  std::string package;
  std::string name;
  std::string version;  // Of a versioned model; "": it is none.
  bool latest = true;   // Of its versions.
  std::string description;
  std::string group_owner;
  std::string event_time;  // The model's `event_time` config.
  std::vector<std::string> primary_key;
  nlohmann::ordered_json meta;  // Of `meta.freshet`; null: there is none.
  std::vector<DbtColumn> columns;

  // Null if it has no such column, whatever its case.
  const DbtColumn* FindColumn(std::string_view name) const;
};

struct DbtProject {
  std::string name;
  std::string adapter;
  std::vector<DbtModel> models;
};

// Reads the manifest. INVALID_ARGUMENT: it is no JSON, or no manifest.
absl::StatusOr<DbtProject> ReadDbtManifest(std::string_view text);

// Takes the columns and types of `project` from a catalog, which knows all of
// them; a model that it lacks stays as it was. INVALID_ARGUMENT: as above.
absl::Status AddDbtCatalog(std::string_view text, DbtProject& project);

// The models that `wanted` names: `users`, `users.v2`, `shop.users` or the id.
// Without any word: those with `meta.freshet`. NOT_FOUND: names the nearest.
absl::StatusOr<std::vector<const DbtModel*>> SelectModels(
    const DbtProject& project, const std::vector<std::string>& wanted);

}  // namespace freshet
