// SPDX-License-Identifier: Apache-2.0
// dbt's manifest, and its catalog: what is drafted of anything is YAML, and
// what is drafted as right is what `freshet check` finds right.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "cli/dbt/draft.h"
#include "cli/dbt/project.h"
#include "features/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace freshet;
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  auto project = ReadDbtManifest(input);
  if (!project.ok()) return 0;
  (void)AddDbtCatalog(input, *project);  // Most are none, and that is fine.
  std::vector<const DbtModel*> models;
  for (const DbtModel& model : project->models) models.push_back(&model);
  if (models.empty()) return 0;
  const DefinitionDraft draft = DraftDefinitions(*project, models);
  const auto problems = ParseAndCheck(draft.yaml).problems;
  CHECK(!draft.IsRight() || problems.empty());
  for (const Problem& problem : problems) {
    CHECK(!problem.message.starts_with("this is not YAML"));
  }
  return 0;
}
