// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace freshet {

// Prints where and what, then aborts. Called by CHECK only.
[[noreturn]] void CheckFailed(const char* file, int line, const char* what);

}  // namespace freshet

// For a caller's bug, never for what can go wrong at run time. Never compiled
// out.
#define CHECK(cond)                                      \
  do {                                                   \
    if (!(cond)) [[unlikely]] {                          \
      ::freshet::CheckFailed(__FILE__, __LINE__, #cond); \
    }                                                    \
  } while (false)
