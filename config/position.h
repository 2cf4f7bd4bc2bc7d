// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace freshet {

// Where a thing stands in its file, 1-based; 0: not read from a file.
struct Position {
  int line = 0;
  int column = 0;
};

}  // namespace freshet
