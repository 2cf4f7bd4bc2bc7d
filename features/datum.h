// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace freshet {

// One value of a known scalar type on its way through computations; owns no
// bytes. Which member holds it is said by the type's kind.
struct Datum {
  bool null = true;
  int64_t integer = 0;  // bool, int32, int64, timestamp, decimal (unscaled).
  double real = 0;      // float and double.
  std::string_view text = {};  // string and bytes.

  static Datum Integer(int64_t value) {
    return {.null = false, .integer = value};
  }
  static Datum Real(double value) { return {.null = false, .real = value}; }
  static Datum Text(std::string_view value) {
    return {.null = false, .text = value};
  }
};

}  // namespace freshet
