// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "config/definitions.h"

namespace freshet {

// Reads `bytes` as a text file of a snapshot, every type among its columns, and
// encodes its rows as a load does. Ends the process if a row that was taken is
// not one of its schema.
void LoadText(std::string_view bytes, FileFormat format);

}  // namespace freshet
