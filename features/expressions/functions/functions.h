// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "features/expressions/functions/kernel.h"

namespace freshet {

// A function or operator with what it takes and gives, each type a letter:
//
// b bool, i int32, l int64, f float, d double, m decimal, s string, y bytes,
// t timestamp; x: anything, as a string; T: anything, all of them as their
// common type. A '*' after the last: as often as one wants, at least once.
// A result T or m has the common type; that of + and - of decimals has a digit
// more, for a carry.
struct Function {
  std::string_view name;
  std::string_view takes;
  char gives;
  Kernel kernel;
  // For T, `kernel` is for integers, and these are for the others.
  Kernel reals = nullptr;
  Kernel strings = nullptr;
};

// Of a function of T, the kernel for arguments of the kind.
Kernel KernelFor(const Function& function, Kind kind);

// Those of one name, the preferred ones first.
std::vector<const Function*> FunctionsNamed(std::string_view name);

// Each name that a text can call, once; operators are not among them.
std::vector<std::string> FunctionNames();

}  // namespace freshet
