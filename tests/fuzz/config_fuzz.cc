// SPDX-License-Identifier: Apache-2.0
// Any text at all: parsed, checked, printed. What is parsed without a problem
// must come back from its canonical text.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "config/parse.h"
#include "features/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace freshet;
  ParsedFile file =
      ParseFile(std::string_view(reinterpret_cast<const char*>(bytes), size));
  FormatProblems("fuzz", file.problems);
  if (file.problems.empty() && file.has_definitions) {
    const std::string text = CanonicalText(file.definitions);
    const ParsedFile again = ParseFile(text);
    // Indented JSON can be larger than its YAML, and so than the bound.
    if (text.size() <= size_t{1} << 20) {
      CHECK(again.problems.empty());
      CHECK(CanonicalText(again.definitions) == text);
    }
  }
  CheckDefinitions(file.definitions, file.problems);
  FormatProblems("fuzz", file.problems);
  return 0;
}
