// SPDX-License-Identifier: Apache-2.0
// The envelope that the manifest and the catalog share: one text line with
// magic, format version, length and XXH3, then JSON text that an operator can
// read. The sum covers the line too. docs/format.md, "Envelope".
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace freshet {

// Requires: `magic` has no space and no line end; `format` > 0.
std::string Frame(std::string_view magic, int format, std::string_view body);

// The body, pointing into `bytes`. DATA_LOSS if damaged, FAILED_PRECONDITION,
// naming both, if the format is whole but newer than `format_max`: every
// format, also of later releases, has this envelope.
absl::StatusOr<std::string_view> Unframe(std::string_view magic, int format_max,
                                         std::string_view bytes);

}  // namespace freshet
