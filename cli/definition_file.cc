// SPDX-License-Identifier: Apache-2.0
#include "cli/definition_file.h"

#include "base/file.h"
#include "features/check.h"
#include "ingest/formats/proto/proto_plan.h"

namespace freshet {

ExitCode ReadDefinitionFile(const Terminal& terminal, const std::string& file,
                            ParsedFile* parsed) {
  const absl::StatusOr<std::string> text = ReadFile(file, kFileBytesMax + 1);
  if (!text.ok()) {
    terminal.Error("freshet: {}\n", std::string(text.status().message()));
    return kNoFile;
  }
  *parsed = ParseAndCheck(*text);
  CheckProtoSources(parsed->definitions, parsed->problems);
  return parsed->problems.empty() ? kOk : kBadFile;
}

void PrintProblems(const Terminal& terminal, const std::string& file,
                   const ParsedFile& parsed, std::string_view outcome) {
  terminal.Error("{}", FormatProblems(file, parsed.problems));
  const size_t count = parsed.problems.size();
  terminal.Error("freshet: {} problem{} in '{}'{}.\n", count,
                 count == 1 ? "" : "s", file, outcome);
}

}  // namespace freshet
