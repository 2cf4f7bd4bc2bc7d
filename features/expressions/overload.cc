// SPDX-License-Identifier: Apache-2.0
#include "features/expressions/overload.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/check.h"
#include "config/parse.h"
#include "features/expressions/common_type.h"
#include "features/expressions/expression_error.h"
#include "features/expressions/functions/numbers.h"
#include "features/expressions/syntax/syntax.h"

namespace freshet {
namespace {

constexpr Type kBool = {.kind = Kind::kBool};

// The kind of a letter of Function; nullopt for x and T.
std::optional<Kind> KindOf(char letter) {
  constexpr std::pair<char, Kind> kLetters[] = {
      {'b', Kind::kBool},   {'i', Kind::kInt32},    {'l', Kind::kInt64},
      {'f', Kind::kFloat},  {'d', Kind::kDouble},   {'m', Kind::kDecimal},
      {'s', Kind::kString}, {'t', Kind::kTimestamp}};
  for (const auto& [candidate, kind] : kLetters) {
    if (candidate == letter) return kind;
  }
  return std::nullopt;
}

bool TakesCount(const Function& function, size_t count) {
  if (function.takes.ends_with('*')) return count + 1 >= function.takes.size();
  return count == function.takes.size();
}

// The letter for the i-th argument. Requires: TakesCount.
char Letter(const Function& function, size_t i) {
  std::string_view takes = function.takes;
  if (takes.ends_with('*')) takes.remove_suffix(1);
  return takes[std::min(i, takes.size() - 1)];
}

// Whether `accepts` says so of each argument and the kind that is taken.
template <typename Accepts>
bool TakesAll(const Function& function, const ArgumentTypes& arguments,
              Accepts accepts) {
  if (!TakesCount(function, arguments.size())) return false;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (!arguments[i].has_value()) continue;
    const char letter = Letter(function, i);
    const bool taken = letter == 'x' ? arguments[i]->kind != Kind::kBytes
                                     : accepts(*arguments[i], *KindOf(letter));
    if (!taken) return false;
  }
  return true;
}

const Function* Choose(const std::vector<const Function*>& functions,
                       const ArgumentTypes& arguments) {
  const auto common = CommonTypeOf(arguments);
  const auto is_common = [&](Kind kind) {
    return common.has_value() && common->kind == kind;
  };
  // Decimals are taken together only, as the decimal that holds all of them.
  const auto as_is = [&](const Type& type, Kind kind) {
    return type.kind == kind && (kind != Kind::kDecimal || is_common(kind));
  };
  const auto as_common = [&](const Type&, Kind kind) {
    return is_common(kind);
  };
  const auto converted = [](const Type& type, Kind kind) {
    return kind != Kind::kDecimal && ConvertsTo(type, {.kind = kind});
  };
  for (const Function* function : functions) {
    if (TakesAll(*function, arguments, as_is)) return function;
  }
  for (const Function* function : functions) {
    if (TakesAll(*function, arguments, as_common)) return function;
  }
  for (const Function* function : functions) {
    if (TakesAll(*function, arguments, converted)) return function;
  }
  return nullptr;
}

Type TakenType(char letter, const std::optional<Type>& common) {
  if (letter == 'x') return {.kind = Kind::kString};
  if (letter == 'm') return *common;
  return {.kind = *KindOf(letter)};
}

Type GivenType(const Function& function, const std::optional<Type>& common) {
  if (function.gives != 'm') return {.kind = *KindOf(function.gives)};
  Type type = *common;
  const bool carries = function.takes == "mm";
  if (carries && type.precision < kDecimalDigitsMax) ++type.precision;
  return type;
}

std::string LetterName(char letter) {
  if (letter == '*') return "...";
  if (letter == 'x' || letter == 'T') return "any";
  if (letter == 'm') return "decimal";
  return Type{.kind = *KindOf(letter)}.ToString();
}

// A function as it stands in a message: `=` or `lower()`.
std::string Shown(std::string_view name) {
  if (name == kNegate) return "-";
  const bool is_word = name[0] >= 'a' && name[0] <= 'z';
  return fmt::format("{}{}", name, is_word ? "()" : "");
}

absl::Status DoesNotTake(size_t offset,
                         const std::vector<const Function*>& functions,
                         const ArgumentTypes& arguments) {
  std::vector<std::string> forms;
  for (const Function* function : functions) {
    std::vector<std::string> takes;
    for (const char letter : function->takes) {
      takes.push_back(LetterName(letter));
    }
    forms.push_back(fmt::format("({})", fmt::join(takes, ", ")));
  }
  return ErrorAt(offset, "{} does not take ({}); it takes {}",
                 Shown(functions[0]->name), ShownTypes(arguments, ", "),
                 fmt::join(forms, ", "));
}

// Of a function of T.
absl::StatusOr<Overload> OfOneType(size_t offset, const Function& function,
                                   const ArgumentTypes& arguments) {
  if (!TakesCount(function, arguments.size())) {
    return DoesNotTake(offset, {&function}, arguments);
  }
  const auto common = CommonTypeOf(arguments);
  if (!common.has_value()) {
    return ErrorAt(offset, "{} of {}: make them one type with CAST",
                   Shown(function.name), ShownTypes(arguments, " and "));
  }
  Overload overload;
  overload.kernel = KernelFor(function, common->kind);
  overload.takes.assign(arguments.size(), *common);
  overload.gives = function.gives == 'T' ? *common : kBool;
  overload.typed =
      function.gives != 'T' ||
      std::any_of(arguments.begin(), arguments.end(),
                  [](const auto& type) { return type.has_value(); });
  return overload;
}

}  // namespace

absl::StatusOr<Overload> ChooseOverload(size_t offset, std::string_view name,
                                        const ArgumentTypes& arguments) {
  const auto functions = FunctionsNamed(name);
  if (functions.empty()) {
    return ErrorAt(offset, "there is no function '{}'{}", name,
                   Advice(name, FunctionNames()));
  }
  if (functions[0]->takes.starts_with('T')) {
    return OfOneType(offset, *functions[0], arguments);
  }
  const Function* function = Choose(functions, arguments);
  if (function == nullptr) return DoesNotTake(offset, functions, arguments);
  const auto common = CommonTypeOf(arguments);
  Overload overload;
  overload.kernel = function->kernel;
  for (size_t i = 0; i < arguments.size(); ++i) {
    overload.takes.push_back(TakenType(Letter(*function, i), common));
  }
  overload.gives = GivenType(*function, common);
  return overload;
}

std::optional<Type> CommonTypeOf(const ArgumentTypes& arguments) {
  std::vector<Type> types;
  for (const auto& type : arguments) {
    if (type.has_value()) types.push_back(*type);
  }
  return types.empty() ? kBool : CommonType(std::move(types));
}

std::string ShownTypes(const ArgumentTypes& arguments,
                       std::string_view separator) {
  std::vector<std::string> types;
  for (const auto& type : arguments) {
    types.push_back(type.has_value() ? type->ToString() : "NULL");
  }
  return fmt::format("{}", fmt::join(types, separator));
}

std::string Advice(std::string_view name,
                   const std::vector<std::string>& names) {
  const auto nearest = NearestNames(name, names, 1);
  if (!nearest.empty()) {
    return fmt::format("; did you mean '{}'?", nearest.front());
  }
  constexpr size_t kShown = 20;
  if (names.empty() || names.size() > kShown) return "";
  return fmt::format("; there are {}", fmt::join(names, ", "));
}

}  // namespace freshet
