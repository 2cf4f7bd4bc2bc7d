// SPDX-License-Identifier: Apache-2.0
#include "features/expressions/compiler.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/status.h"
#include "config/parse.h"
#include "features/expressions/common_type.h"
#include "features/expressions/emitter.h"
#include "features/expressions/expression_error.h"
#include "features/expressions/functions/cast.h"
#include "features/expressions/functions/kernels.h"
#include "features/expressions/functions/numbers.h"

namespace freshet {
namespace {

constexpr Type kBool = {.kind = Kind::kBool};
constexpr Type kString = {.kind = Kind::kString};

// The kind of a letter of Function::takes; nullopt for x and T.
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

// The letter for the i-th argument; nullopt if so many are not taken.
std::optional<char> Letter(const Function& function, size_t i) {
  std::string_view takes = function.takes;
  if (takes.ends_with('*')) {
    takes.remove_suffix(1);
    return takes[std::min(i, takes.size() - 1)];
  }
  if (i >= takes.size()) return std::nullopt;
  return takes[i];
}

bool TakesCount(const Function& function, size_t count) {
  if (function.takes.ends_with('*')) return count + 1 >= function.takes.size();
  return count == function.takes.size();
}

Kernel KernelFor(const Function& function, const std::optional<Type>& type) {
  if (!type.has_value()) return function.kernel;
  switch (StorageOf(type->kind)) {
    case Storage::kIntegers:
      return function.kernel;
    case Storage::kReals:
      return function.reals;
    case Storage::kStrings:
      return function.strings;
  }
  return function.kernel;
}

// A part as it stands in a message: `=` or `lower()`.
std::string Shown(const std::string& name) {
  if (name == kNegate) return "-";
  return name[0] >= 'a' && name[0] <= 'z' ? name + "()" : name;
}

class Compiler {
 public:
  Compiler(const SyntaxTree& tree, const std::vector<ExpressionInput>& inputs)
      : tree_(tree), inputs_(inputs), emitter_(inputs) {}

  absl::StatusOr<Program> Compile() {
    for (const Node& node : tree_) {
      ASSIGN_OR_RETURN(const Operand operand, Emit(node));
      operands_.push_back(operand);
    }
    if (!operands_.back().typed) {
      return ErrorAt(tree_.back().offset,
                     "this is always NULL, of no type: write CAST(NULL AS "
                     "type)");
    }
    return std::move(emitter_).Finish(operands_.back());
  }

 private:
  using Operands = std::vector<Operand>;

  absl::StatusOr<Operand> Emit(const Node& node) {
    switch (node.what) {
      case Node::What::kColumn:
        return Column(node);
      case Node::What::kLiteral:
        return emitter_.AddLiteral(node.type, node.value);
      case Node::What::kCall:
        return Call(node);
      case Node::What::kCase:
        return Case(node);
      case Node::What::kCast:
      case Node::What::kTryCast:
        return Cast(node);
    }
    CHECK(false && "no such node");
    return Operand();
  }

  Operands OperandsOf(const Node& node) const {
    Operands operands;
    for (const size_t child : node.children) {
      operands.push_back(operands_[child]);
    }
    return operands;
  }

  absl::StatusOr<Operand> Column(const Node& node) {
    const auto found = std::find_if(
        inputs_.begin(), inputs_.end(),
        [&](const ExpressionInput& input) { return input.name == node.name; });
    if (found == inputs_.end()) return UnknownColumn(node);
    if (found->type.list || found->type.fixed_length > 0) {
      return ErrorAt(node.offset, "'{}' is a {}, and expressions have no lists",
                     node.name, found->type.ToString());
    }
    return emitter_.AddInput(static_cast<size_t>(found - inputs_.begin()));
  }

  absl::Status UnknownColumn(const Node& node) const {
    std::vector<std::string> names;
    for (const ExpressionInput& input : inputs_) names.push_back(input.name);
    return ErrorAt(node.offset, "there is no '{}'{}", node.name,
                   Advice(node.name, names));
  }

  static std::string Advice(const std::string& name,
                            const std::vector<std::string>& names) {
    const auto nearest = NearestNames(name, names, 1);
    if (!nearest.empty()) {
      return fmt::format("; did you mean '{}'?", nearest.front());
    }
    constexpr size_t kShown = 20;
    if (names.empty() || names.size() > kShown) return "";
    return fmt::format("; there are {}", fmt::join(names, ", "));
  }

  // The common type of those operands that have one, or nullopt; of NULLs
  // alone bool.
  std::optional<Type> CommonOf(const Operands& operands) const {
    std::vector<Type> types;
    for (const Operand& operand : operands) {
      if (operand.typed) types.push_back(emitter_.TypeOf(operand));
    }
    return types.empty() ? kBool : CommonType(std::move(types));
  }

  absl::Status NothingInCommon(const Node& node, const Operands& operands,
                               std::string_view what) const {
    return ErrorAt(node.offset, "{} of {}: make them one type with CAST", what,
                   fmt::join(TypesOf(operands), " and "));
  }

  std::vector<std::string> TypesOf(const Operands& operands) const {
    std::vector<std::string> types;
    for (const Operand& operand : operands) {
      types.push_back(operand.typed ? emitter_.TypeOf(operand).ToString()
                                    : "NULL");
    }
    return types;
  }

  absl::StatusOr<Operand> Call(const Node& node) {
    const auto functions = FunctionsNamed(node.name);
    if (functions.empty()) {
      return ErrorAt(node.offset, "there is no function '{}'{}", node.name,
                     Advice(node.name, FunctionNames()));
    }
    const Operands operands = OperandsOf(node);
    if (functions.front()->takes.starts_with('T')) {
      return CallOfOneType(node, *functions.front(), operands);
    }
    const std::optional<Type> common = CommonOf(operands);
    // As they are; all as their common type; whatever they may become.
    for (const Function* function : functions) {
      if (Fits(*function, operands, [&](const Type& type, Kind kind) {
            return type.kind == kind;
          })) {
        return CallFunction(node, *function, operands, common);
      }
    }
    for (const Function* function : functions) {
      if (common.has_value() &&
          Fits(*function, operands,
               [&](const Type&, Kind kind) { return common->kind == kind; })) {
        return CallFunction(node, *function, operands, common);
      }
    }
    for (const Function* function : functions) {
      if (Fits(*function, operands, [](const Type& type, Kind kind) {
            return kind != Kind::kDecimal && ConvertsTo(type, {.kind = kind});
          })) {
        return CallFunction(node, *function, operands, common);
      }
    }
    return DoesNotTake(node, functions, operands);
  }

  // Decimals have to have a decimal in common.
  template <typename Accepts>
  bool Fits(const Function& function, const Operands& operands,
            Accepts accepts) const {
    if (!TakesCount(function, operands.size())) return false;
    const auto common = CommonOf(operands);
    const bool is_decimal =
        common.has_value() && common->kind == Kind::kDecimal;
    for (size_t i = 0; i < operands.size(); ++i) {
      const char letter = *Letter(function, i);
      if (!operands[i].typed) continue;
      const Type& type = emitter_.TypeOf(operands[i]);
      if (letter == 'x') {
        if (type.kind == Kind::kBytes) return false;
      } else if (letter == 'm' && !is_decimal) {
        return false;
      } else if (!accepts(type, *KindOf(letter))) {
        return false;
      }
    }
    return true;
  }

  absl::Status DoesNotTake(const Node& node,
                           const std::vector<const Function*>& functions,
                           const Operands& operands) const {
    std::vector<std::string> forms;
    for (const Function* function : functions) {
      std::vector<std::string> takes;
      for (const char letter : function->takes) {
        takes.push_back(LetterName(letter));
      }
      forms.push_back(fmt::format("({})", fmt::join(takes, ", ")));
    }
    return ErrorAt(node.offset, "{} does not take ({}); it takes {}",
                   Shown(node.name), fmt::join(TypesOf(operands), ", "),
                   fmt::join(forms, ", "));
  }

  static std::string LetterName(char letter) {
    if (letter == '*') return "...";
    if (letter == 'x' || letter == 'T') return "any";
    if (letter == 'm') return "decimal";
    return Type{.kind = *KindOf(letter)}.ToString();
  }

  // Requires: Fits.
  absl::StatusOr<Operand> CallFunction(const Node& node,
                                       const Function& function,
                                       Operands operands,
                                       std::optional<Type> common) {
    for (size_t i = 0; i < operands.size(); ++i) {
      const char letter = *Letter(function, i);
      Type type = letter == 'x' ? kString : Type{.kind = Kind::kDecimal};
      if (letter == 'm') {
        type = *common;
      } else if (letter != 'x') {
        type.kind = *KindOf(letter);
      }
      ASSIGN_OR_RETURN(operands[i], Converted(node, operands[i], type));
    }
    return emitter_.AddStep(node.offset, function.kernel, operands,
                            ResultType(function, common));
  }

  static Type ResultType(const Function& function,
                         const std::optional<Type>& common) {
    if (function.gives != 'm') return {.kind = *KindOf(function.gives)};
    Type type = *common;
    const bool carries = function.takes == "mm";
    if (carries && type.precision < kDecimalDigitsMax) ++type.precision;
    return type;
  }

  absl::StatusOr<Operand> CallOfOneType(const Node& node,
                                        const Function& function,
                                        Operands operands) {
    if (!TakesCount(function, operands.size())) {
      return DoesNotTake(node, {&function}, operands);
    }
    const auto found = CommonOf(operands);
    if (!found.has_value()) {
      return NothingInCommon(node, operands, Shown(node.name));
    }
    const Type common = *found;
    const bool typed =
        std::any_of(operands.begin(), operands.end(),
                    [](const Operand& operand) { return operand.typed; });
    for (Operand& operand : operands) {
      ASSIGN_OR_RETURN(operand, Converted(node, operand, common));
    }
    const Type type = function.gives == 'T' ? common : kBool;
    ASSIGN_OR_RETURN(Operand result,
                     emitter_.AddStep(node.offset, KernelFor(function, common),
                                      operands, type));
    result.typed = typed || function.gives != 'T';
    return result;
  }

  // Conditions are bools, results get their common type.
  absl::StatusOr<Operand> Case(const Node& node) {
    Operands operands = OperandsOf(node);
    Operands results = {operands.back()};
    for (size_t i = 1; i < operands.size(); i += 2) {
      results.push_back(operands[i]);
    }
    const auto found = CommonOf(results);
    if (!found.has_value()) return NothingInCommon(node, results, "results");
    const Type common = *found;
    for (size_t i = 0; i < operands.size(); ++i) {
      const bool is_condition = i % 2 == 0 && i + 1 < operands.size();
      if (is_condition && operands[i].typed &&
          emitter_.TypeOf(operands[i]).kind != Kind::kBool) {
        return ErrorAt(tree_[node.children[i]].offset,
                       "a condition is a bool, not {}",
                       emitter_.TypeOf(operands[i]).ToString());
      }
      ASSIGN_OR_RETURN(operands[i], Converted(node, operands[i],
                                              is_condition ? kBool : common));
    }
    ASSIGN_OR_RETURN(Operand result,
                     emitter_.AddStep(node.offset, CaseKernel(common.kind),
                                      operands, common));
    result.typed =
        std::any_of(results.begin(), results.end(),
                    [](const Operand& operand) { return operand.typed; });
    return result;
  }

  absl::StatusOr<Operand> Cast(const Node& node) {
    const Operand operand = operands_[node.children[0]];
    if (!operand.typed || emitter_.TypeOf(operand) == node.type) {
      return Converted(node, operand, node.type);
    }
    const Type& from = emitter_.TypeOf(operand);
    const CastKernels casts = CastsOf(from.kind, node.type.kind);
    if (casts.cast == nullptr) {
      return ErrorAt(node.offset, "there is no CAST of {} to {}",
                     from.ToString(), node.type.ToString());
    }
    const bool is_try = node.what == Node::What::kTryCast;
    return emitter_.AddStep(node.offset, is_try ? casts.try_cast : casts.cast,
                            {operand}, node.type);
  }

  // Requires: ConvertsTo, or `type` is a string's and the operand's is not
  // bytes.
  absl::StatusOr<Operand> Converted(const Node& node, const Operand& operand,
                                    const Type& type) {
    if (!operand.typed) return emitter_.AddTypedNull(type);
    const Type& from = emitter_.TypeOf(operand);
    if (from == type) return operand;
    const CastKernels casts = CastsOf(from.kind, type.kind);
    CHECK(casts.cast != nullptr);
    return emitter_.AddStep(node.offset, casts.cast, {operand}, type);
  }

  const SyntaxTree& tree_;
  const std::vector<ExpressionInput>& inputs_;
  Emitter emitter_;
  Operands operands_;  // Of each node.
};

}  // namespace

absl::StatusOr<Program> CompileTree(
    const SyntaxTree& tree, const std::vector<ExpressionInput>& inputs) {
  return Compiler(tree, inputs).Compile();
}

}  // namespace freshet
