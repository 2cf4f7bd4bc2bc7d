// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "config/settings.h"

namespace freshet {

// The settings of a file's text with others laid over them, each written
// `name=value` with the file's own names: `listen.data=127.0.0.1:0`, with or
// without `settings.` before it. They are checked by the file's rules.
// INVALID_ARGUMENT says which one is wrong. Requires: the text itself has no
// problems.
absl::StatusOr<Settings> OverrideSettings(const std::string& text,
                                          const std::vector<std::string>& sets);

}  // namespace freshet
