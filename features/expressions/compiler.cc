// SPDX-License-Identifier: Apache-2.0
#include "features/expressions/compiler.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/status.h"
#include "features/expressions/emitter.h"
#include "features/expressions/expression_error.h"
#include "features/expressions/functions/cast.h"
#include "features/expressions/functions/kernels.h"
#include "features/expressions/overload.h"

namespace freshet {
namespace {

constexpr Type kBool = {.kind = Kind::kBool};

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

  ArgumentTypes TypesOf(const Operands& operands) const {
    ArgumentTypes types;
    for (const Operand& operand : operands) {
      types.push_back(operand.typed ? std::optional(emitter_.TypeOf(operand))
                                    : std::nullopt);
    }
    return types;
  }

  absl::StatusOr<Operand> Call(const Node& node) {
    Operands operands = OperandsOf(node);
    ASSIGN_OR_RETURN(const Overload overload,
                     ChooseOverload(node.offset, node.name, TypesOf(operands)));
    for (size_t i = 0; i < operands.size(); ++i) {
      ASSIGN_OR_RETURN(operands[i],
                       Converted(node, operands[i], overload.takes[i]));
    }
    ASSIGN_OR_RETURN(Operand result,
                     emitter_.AddStep(node.offset, overload.kernel, operands,
                                      overload.gives));
    result.typed = overload.typed;
    return result;
  }

  // Conditions are bools, results get their common type.
  absl::StatusOr<Operand> Case(const Node& node) {
    Operands operands = OperandsOf(node);
    Operands results = {operands.back()};
    for (size_t i = 1; i < operands.size(); i += 2) {
      results.push_back(operands[i]);
    }
    const ArgumentTypes types = TypesOf(results);
    const auto common = CommonTypeOf(types);
    if (!common.has_value()) {
      return ErrorAt(node.offset, "results of {}: make them one type with CAST",
                     ShownTypes(types, " and "));
    }
    for (size_t i = 0; i < operands.size(); ++i) {
      const bool is_condition = i % 2 == 0 && i + 1 < operands.size();
      if (is_condition && operands[i].typed &&
          emitter_.TypeOf(operands[i]).kind != Kind::kBool) {
        return ErrorAt(tree_[node.children[i]].offset,
                       "a condition is a bool, not {}",
                       emitter_.TypeOf(operands[i]).ToString());
      }
      ASSIGN_OR_RETURN(operands[i], Converted(node, operands[i],
                                              is_condition ? kBool : *common));
    }
    ASSIGN_OR_RETURN(Operand result,
                     emitter_.AddStep(node.offset, CaseKernel(common->kind),
                                      operands, *common));
    result.typed =
        std::any_of(types.begin(), types.end(),
                    [](const auto& type) { return type.has_value(); });
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
