// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/terminal.h"
#include "config/parse.h"

namespace freshet {

// Reads and checks a definition file. Where it has problems, all of them are
// in `parsed` and nothing is printed: kBadFile. kNoFile says why it cannot be
// read.
ExitCode ReadDefinitionFile(const Terminal& terminal, const std::string& file,
                            ParsedFile* parsed);

// Every problem at its place, then how many there are; `outcome` ends that
// line.
void PrintProblems(const Terminal& terminal, const std::string& file,
                   const ParsedFile& parsed, std::string_view outcome);

}  // namespace freshet
