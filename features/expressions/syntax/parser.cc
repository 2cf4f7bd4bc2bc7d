// SPDX-License-Identifier: Apache-2.0
// A parser by recursive descent, a function for each level of precedence.
#include <algorithm>
#include <optional>
#include <utility>

#include "base/status.h"
#include "config/utf8.h"
#include "features/expressions/expression_error.h"
#include "features/expressions/syntax/lexer.h"
#include "features/expressions/syntax/number_literal.h"
#include "features/expressions/syntax/syntax.h"
#include "features/expressions/syntax/token_cursor.h"
#include "features/expressions/syntax/tree_builder.h"
#include "features/expressions/syntax/type_name.h"

namespace freshet {
namespace {

using What = Token::What;
using Part = absl::StatusOr<size_t>;  // Index of a node.

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : in_(std::move(tokens)) {}

  absl::StatusOr<SyntaxTree> Parse() {
    RETURN_IF_ERROR(Expression().status());
    if (in_.Peek().what != What::kEnd)
      return in_.Unexpected("an operator or the end");
    return std::move(out_).Finish();
  }

 private:
  // Everything that nests goes through here.
  template <typename Parse>
  Part Nested(Parse parse) {
    if (depth_ == kExpressionDepthMax) {
      return ErrorAt(in_.Peek().offset, "nested more than {} deep",
                     kExpressionDepthMax);
    }
    ++depth_;
    Part part = parse();
    --depth_;
    return part;
  }

  Part Expression() {
    return Nested([this] { return Disjunction(); });
  }

  // A chain of one level's operators, from left to right.
  template <typename Below>
  Part Chain(std::initializer_list<std::string_view> operators, Below below) {
    ASSIGN_OR_RETURN(size_t left, below());
    while (true) {
      const Token& token = in_.Peek();
      const auto* found = std::find_if(
          operators.begin(), operators.end(), [&](std::string_view each) {
            return token.IsSymbol(each) || token.IsWord(each);
          });
      if (found == operators.end()) return left;
      const size_t offset = token.offset;
      in_.Take();
      ASSIGN_OR_RETURN(const size_t right, below());
      left = out_.AddCall(offset, *found, {left, right});
    }
  }

  Part Disjunction() {
    return Chain({"OR"}, [this] { return Conjunction(); });
  }
  Part Conjunction() {
    return Chain({"AND"}, [this] { return Negation(); });
  }

  Part Negation() {
    const size_t offset = in_.Peek().offset;
    if (!in_.TakeWord("NOT")) return Test();
    ASSIGN_OR_RETURN(const size_t operand,
                     Nested([this] { return Negation(); }));
    return out_.AddCall(offset, "NOT", {operand});
  }

  // IS …, as often as it stands there.
  Part Test() {
    ASSIGN_OR_RETURN(size_t left, Comparison());
    while (in_.Peek().IsWord("IS")) {
      const size_t offset = in_.Peek().offset;
      in_.Take();
      const bool negated = in_.TakeWord("NOT");
      std::string_view name;
      std::vector<size_t> operands = {left};
      if (in_.TakeWord("NULL")) {
        name = "IS NULL";
      } else if (in_.TakeWord("TRUE")) {
        name = "IS TRUE";
      } else if (in_.TakeWord("FALSE")) {
        name = "IS FALSE";
      } else if (in_.TakeWord("DISTINCT")) {
        RETURN_IF_ERROR(in_.ExpectWord("FROM"));
        ASSIGN_OR_RETURN(const size_t right, Comparison());
        operands.push_back(right);
        name = "IS DISTINCT FROM";
      } else {
        return in_.Unexpected("NULL, TRUE, FALSE or DISTINCT FROM");
      }
      left = out_.AddCall(offset, name, std::move(operands));
      if (negated) left = out_.AddCall(offset, "NOT", {left});
    }
    return left;
  }

  std::optional<std::string_view> PeekComparison() const {
    for (const std::string_view symbol : {"=", "<", "<=", ">", ">="}) {
      if (in_.Peek().IsSymbol(symbol)) return symbol;
    }
    if (in_.Peek().IsSymbol("==")) return "=";
    if (in_.Peek().IsSymbol("!=") || in_.Peek().IsSymbol("<>")) return "<>";
    return std::nullopt;
  }

  Part Comparison() {
    ASSIGN_OR_RETURN(const size_t left, Membership());
    const auto name = PeekComparison();
    if (!name.has_value()) return left;
    const size_t offset = in_.Peek().offset;
    in_.Take();
    ASSIGN_OR_RETURN(const size_t right, Membership());
    if (PeekComparison().has_value()) {
      return ErrorAt(in_.Peek().offset,
                     "a comparison of a comparison: join them with AND, or "
                     "write parentheses");
    }
    return out_.AddCall(offset, *name, {left, right});
  }

  // BETWEEN, IN and LIKE.
  Part Membership() {
    ASSIGN_OR_RETURN(const size_t left, Concatenation());
    const size_t offset = in_.Peek().offset;
    const bool negated = in_.TakeWord("NOT");
    Part part = left;
    if (in_.TakeWord("BETWEEN")) {
      part = Between(offset, left);
    } else if (in_.TakeWord("IN")) {
      part = In(offset, left);
    } else if (in_.TakeWord("LIKE")) {
      part = Like(offset, left);
    } else if (negated) {
      return in_.Unexpected("BETWEEN, IN or LIKE");
    }
    if (!part.ok() || !negated) return part;
    return out_.AddCall(offset, "NOT", {*part});
  }

  Part Between(size_t offset, size_t value) {
    ASSIGN_OR_RETURN(const size_t low, Concatenation());
    RETURN_IF_ERROR(in_.ExpectWord("AND"));
    ASSIGN_OR_RETURN(const size_t high, Concatenation());
    return out_.AddCall(offset, "BETWEEN", {value, low, high});
  }

  Part In(size_t offset, size_t value) {
    RETURN_IF_ERROR(in_.ExpectSymbol("("));
    std::vector<size_t> operands = {value};
    RETURN_IF_ERROR(List(operands));
    return out_.AddCall(offset, "IN", std::move(operands));
  }

  Part Like(size_t offset, size_t value) {
    ASSIGN_OR_RETURN(const size_t pattern, Concatenation());
    std::vector<size_t> operands = {value, pattern};
    if (in_.TakeWord("ESCAPE")) {
      const Token& escape = in_.Peek();
      if (escape.what != What::kString || escape.text.size() != 1 ||
          static_cast<unsigned char>(escape.text[0]) >= 0x80) {
        return ErrorAt(escape.offset,
                       "ESCAPE takes one ASCII character in quotes");
      }
      operands.push_back(
          out_.AddLiteral(escape.offset, Kind::kString, Value(escape.text)));
      in_.Take();
    }
    return out_.AddCall(offset, "LIKE", std::move(operands));
  }

  // Expressions up to the ')', at least one.
  absl::Status List(std::vector<size_t>& operands) {
    do {
      ASSIGN_OR_RETURN(const size_t operand, Expression());
      operands.push_back(operand);
    } while (in_.TakeSymbol(","));
    return in_.ExpectSymbol(")");
  }

  Part Concatenation() {
    return Chain({"||"}, [this] { return Sum(); });
  }
  Part Sum() {
    return Chain({"+", "-"}, [this] { return Product(); });
  }
  Part Product() {
    return Chain({"*", "/", "//", "%"}, [this] { return Signed(); });
  }

  Part Signed() {
    const size_t offset = in_.Peek().offset;
    if (in_.TakeSymbol("+")) return Nested([this] { return Signed(); });
    if (!in_.TakeSymbol("-")) return Converted();
    // So that the smallest int64 can be written. `::` would come first.
    if (in_.Peek().what == What::kInteger && !in_.Peek(1).IsSymbol("::")) {
      return AddNumber(in_.Take(), "-", out_);
    }
    ASSIGN_OR_RETURN(const size_t operand, Nested([this] { return Signed(); }));
    return out_.AddCall(offset, kNegate, {operand});
  }

  // `x::type`, as often as it stands there.
  Part Converted() {
    ASSIGN_OR_RETURN(size_t part, Primary());
    while (in_.Peek().IsSymbol("::")) {
      const size_t offset = in_.Peek().offset;
      in_.Take();
      ASSIGN_OR_RETURN(const Type type, TypeName());
      part = out_.AddCast(Node::What::kCast, offset, part, type);
    }
    return part;
  }

  // `10,2` up to and with the ')'.
  absl::StatusOr<std::string> TypeDigits() {
    std::string digits;
    do {
      if (!digits.empty()) digits += ",";
      if (in_.Peek().what != What::kInteger) return in_.Unexpected("a number");
      digits += in_.Take().text;
    } while (in_.TakeSymbol(","));
    RETURN_IF_ERROR(in_.ExpectSymbol(")"));
    return digits;
  }

  absl::StatusOr<Type> TypeName() {
    const Token& first = in_.Peek();
    if (first.what != What::kName) return in_.Unexpected("a type");
    std::string text = first.text;
    in_.Take();
    if (in_.TakeSymbol("(")) {
      ASSIGN_OR_RETURN(const std::string digits, TypeDigits());
      text += "(" + digits + ")";
    }
    const auto type = ParseTypeName(text);
    if (type.ok()) return *type;
    return ErrorAt(first.offset, "{}", std::string(type.status().message()));
  }

  Part Primary() {
    const Token& token = in_.Peek();
    switch (token.what) {
      case What::kInteger:
      case What::kReal:
        return AddNumber(in_.Take(), "", out_);
      case What::kString:
        in_.Take();
        return out_.AddLiteral(token.offset, Kind::kString, Value(token.text));
      case What::kQuoted:
        return Column();
      case What::kName:
        return Word();
      default:
        break;
    }
    if (!in_.TakeSymbol("(")) return in_.Unexpected("a value");
    ASSIGN_OR_RETURN(const size_t part, Expression());
    RETURN_IF_ERROR(in_.ExpectSymbol(")"));
    return part;
  }

  Part Word() {
    const size_t offset = in_.Peek().offset;
    if (in_.TakeWord("TRUE"))
      return out_.AddLiteral(offset, Kind::kBool, Value(true));
    if (in_.TakeWord("FALSE"))
      return out_.AddLiteral(offset, Kind::kBool, Value(false));
    if (in_.TakeWord("NULL")) return out_.AddNull(offset);
    if (in_.TakeWord("CASE")) return Case(offset);
    if (in_.TakeWord("CAST")) return CastCall(Node::What::kCast, offset);
    if (in_.TakeWord("TRY_CAST")) return CastCall(Node::What::kTryCast, offset);
    if (in_.Peek().IsReserved()) return in_.Unexpected("a value");
    return in_.Peek(1).IsSymbol("(") ? Function() : Column();
  }

  Part CastCall(Node::What what, size_t offset) {
    RETURN_IF_ERROR(in_.ExpectSymbol("("));
    ASSIGN_OR_RETURN(const size_t part, Expression());
    RETURN_IF_ERROR(in_.ExpectWord("AS"));
    ASSIGN_OR_RETURN(const Type type, TypeName());
    RETURN_IF_ERROR(in_.ExpectSymbol(")"));
    return out_.AddCast(what, offset, part, type);
  }

  Part Case(size_t offset) {
    std::optional<size_t> subject;
    if (!in_.Peek().IsWord("WHEN")) {
      ASSIGN_OR_RETURN(subject, Expression());
    }
    std::vector<size_t> children;
    if (!in_.Peek().IsWord("WHEN")) return in_.Unexpected("WHEN");
    while (in_.Peek().IsWord("WHEN")) {
      const size_t when = in_.Peek().offset;
      in_.Take();
      ASSIGN_OR_RETURN(size_t condition, Expression());
      if (subject.has_value()) {
        condition = out_.AddCall(when, "=", {*subject, condition});
      }
      RETURN_IF_ERROR(in_.ExpectWord("THEN"));
      ASSIGN_OR_RETURN(const size_t result, Expression());
      children.insert(children.end(), {condition, result});
    }
    if (in_.TakeWord("ELSE")) {
      ASSIGN_OR_RETURN(const size_t otherwise, Expression());
      children.push_back(otherwise);
    } else {
      children.push_back(out_.AddNull(offset));
    }
    RETURN_IF_ERROR(in_.ExpectWord("END"));
    return out_.AddCase(offset, std::move(children));
  }

  Part Function() {
    const Token name = in_.Take();
    in_.Take();
    std::vector<size_t> operands;
    if (!in_.TakeSymbol(")")) RETURN_IF_ERROR(List(operands));
    if (name.IsWord("IF")) return If(name, std::move(operands));
    if (name.IsWord("NULLIF")) return NullIf(name, std::move(operands));
    std::string lower = name.text;
    for (char& c : lower) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out_.AddCall(name.offset, lower, std::move(operands));
  }

  Part If(const Token& name, std::vector<size_t> operands) {
    if (operands.size() == 3)
      return out_.AddCase(name.offset, std::move(operands));
    return ErrorAt(name.offset, "IF takes 3 arguments, not {}",
                   operands.size());
  }

  Part NullIf(const Token& name, std::vector<size_t> operands) {
    if (operands.size() == 2) {
      const size_t equal = out_.AddCall(name.offset, "=", operands);
      const size_t null = out_.AddNull(name.offset);
      return out_.AddCase(name.offset, {equal, null, operands[0]});
    }
    return ErrorAt(name.offset, "NULLIF takes 2 arguments, not {}",
                   operands.size());
  }

  Part Column() {
    const size_t offset = in_.Peek().offset;
    std::string name = in_.Take().text;
    while (in_.TakeSymbol(".")) {
      if (in_.Peek().what != What::kName && in_.Peek().what != What::kQuoted) {
        return in_.Unexpected("the rest of a name");
      }
      name += "." + in_.Take().text;
    }
    return out_.AddColumn(offset, std::move(name));
  }

  TokenCursor in_;
  TreeBuilder out_;
  size_t depth_ = 0;
};

}  // namespace

absl::StatusOr<SyntaxTree> ParseExpression(std::string_view text) {
  if (text.size() > kExpressionBytesMax) {
    return ErrorAt(kExpressionBytesMax, "{} bytes, more than {}", text.size(),
                   kExpressionBytesMax);
  }
  if (const size_t valid = ValidUtf8Prefix(text); valid != text.size()) {
    return ErrorAt(valid, "not UTF-8");
  }
  ASSIGN_OR_RETURN(std::vector<Token> tokens, Tokenize(text));
  return Parser(std::move(tokens)).Parse();
}

}  // namespace freshet
