// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/dbt/column_type.h"
#include "cli/dbt/project.h"

namespace freshet {

// An entity as a model needs it: names and types of its join keys, in order.
struct EntityDraft {
  std::string name;
  std::vector<std::pair<std::string, std::string>> join_keys;

  bool operator==(const EntityDraft&) const = default;
};

// What one model becomes.
struct ViewDraft {
  std::vector<EntityDraft> entities;
  std::string text;               // An item of `batch_feature_views`.
  std::vector<std::string> open;  // What is not known, and how to say it.
};

// Never fails: what is not known is in `open`, and in `text` as a comment.
ViewDraft DraftView(Warehouse warehouse, const DbtModel& model);

// Begins each comment of a draft about something that is not known.
extern const char* const kOpenMark;

// `text` as a name of Freshet's: `[a-z][a-z0-9_]*`.
std::string ViewNameOf(std::string_view text);

}  // namespace freshet
