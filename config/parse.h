// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/definitions.h"
#include "config/settings.h"

namespace freshet {

// One thing wrong in a file: what, and how to mend it.
struct Problem {
  Position at;
  std::string message;
};

// `file:line:column: message`, one per line, in the order of the file. Beyond
// 200 they are only counted.
std::string FormatProblems(std::string_view file,
                           const std::vector<Problem>& problems);

// No file has more bytes: a reader need not read on.
inline constexpr size_t kFileBytesMax = 1 << 20;

struct ParsedFile {
  Settings settings;
  bool has_settings = false;
  Definitions definitions;
  bool has_definitions = false;
  std::vector<Problem> problems;  // All of them, not only the first.
};

// Parses YAML text. Checks what can be seen without knowing what features
// mean: YAML itself, names of fields (with the nearest right name), kinds of
// values, types, durations, sizes, duplicate names, references. Never throws.
// The values parsed are usable only if `problems` is empty; until then a field
// that was wrong is as if it were not there.
ParsedFile ParseFile(std::string_view text);

// A JSON Schema (draft 2020-12) of the file, for editors, from the same table
// of fields that ParseFile reads by.
std::string JsonSchema();

// The nearest of `names` to `wanted` by edit distance, best first, at most
// `most`, none further than a third of its length (at least 2).
std::vector<std::string> NearestNames(std::string_view wanted,
                                      const std::vector<std::string>& names,
                                      size_t most = 3);

}  // namespace freshet
