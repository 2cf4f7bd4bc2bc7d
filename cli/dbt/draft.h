// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/dbt/project.h"
#include "config/parse.h"

namespace freshet {

// One thing that the model does not tell.
struct OpenPoint {
  std::string model;
  std::string message;
};

// Definitions as far as dbt's models tell them.
struct DefinitionDraft {
  std::string yaml;
  std::vector<OpenPoint> open;
  // What `freshet check` says of `yaml`; looked for only where nothing is open.
  std::vector<Problem> problems;

  bool IsRight() const { return open.empty() && problems.empty(); }
};

// Requires: every model of `models` is one of `project`'s.
DefinitionDraft DraftDefinitions(const DbtProject& project,
                                 const std::vector<const DbtModel*>& models);

}  // namespace freshet
