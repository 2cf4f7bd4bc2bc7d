// SPDX-License-Identifier: Apache-2.0
#include "features/expressions/functions/functions.h"

#include <algorithm>

#include "base/check.h"
#include "features/expressions/functions/kernels.h"

namespace freshet {
namespace {

std::vector<std::span<const Function>> AllFunctions() {
  return {ArithmeticFunctions(), MathFunctions(), ComparisonFunctions(),
          LogicFunctions(),      TextFunctions(), TimeFunctions()};
}

}  // namespace

Kernel KernelFor(const Function& function, Kind kind) {
  switch (StorageOf(kind)) {
    case Storage::kIntegers:
      return function.kernel;
    case Storage::kReals:
      return function.reals;
    case Storage::kStrings:
      return function.strings;
  }
  CHECK(false && "no such storage");
  return nullptr;
}

std::vector<const Function*> FunctionsNamed(std::string_view name) {
  std::vector<const Function*> found;
  for (const auto functions : AllFunctions()) {
    for (const Function& function : functions) {
      if (function.name == name) found.push_back(&function);
    }
  }
  return found;
}

std::vector<std::string> FunctionNames() {
  std::vector<std::string> names = {"if", "nullif"};
  for (const auto functions : AllFunctions()) {
    for (const Function& function : functions) {
      const char first = function.name[0];
      const bool callable = first >= 'a' && first <= 'z' &&
                            function.name.find(' ') == std::string_view::npos;
      if (callable) names.emplace_back(function.name);
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace freshet
