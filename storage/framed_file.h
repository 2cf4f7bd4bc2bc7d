// SPDX-License-Identifier: Apache-2.0
// The envelope that the manifest and the catalog share: one text line with
// magic, format version, length and XXH3 of what follows, then JSON text that
// an operator can read. docs/format.md, "Envelope".
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace freshet {

std::string Frame(std::string_view magic, int format, std::string_view body);

// The body. DATA_LOSS if damaged, FAILED_PRECONDITION if the format is newer
// than `format_max`.
absl::StatusOr<std::string_view> Unframe(std::string_view magic,
                                         int format_max,
                                         std::string_view bytes);

}  // namespace freshet
