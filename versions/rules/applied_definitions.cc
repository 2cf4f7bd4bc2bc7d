// SPDX-License-Identifier: Apache-2.0
#include "versions/rules/applied_definitions.h"

#include <utility>

#include "base/error.h"
#include "config/parse.h"

namespace freshet {

absl::StatusOr<Definitions> ReadApplied(const AppliedDefinitions& applied) {
  if (applied.text.empty()) return Definitions{};
  ParsedFile parsed = ParseFile(applied.text);
  if (parsed.problems.empty()) return std::move(parsed.definitions);
  return Internal("the applied definitions cannot be read: {}",
                  FormatProblems("catalog", parsed.problems));
}

}  // namespace freshet
