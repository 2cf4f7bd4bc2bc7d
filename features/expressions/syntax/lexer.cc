// SPDX-License-Identifier: Apache-2.0
#include "features/expressions/syntax/lexer.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/status.h"
#include "features/expressions/expression_error.h"

namespace freshet {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool StartsName(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

char Upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

// Longer ones first.
constexpr std::string_view kSymbols[] = {
    "//", "==", "<>", "!=", "<=", ">=", "||", "::", "(", ")",
    ",",  ".",  "+",  "-",  "*",  "/",  "%",  "=",  "<", ">"};

constexpr std::string_view kReserved[] = {
    "AND",  "AS",   "BETWEEN", "CASE", "CAST", "DISTINCT", "ELSE",
    "END",  "FROM", "ESCAPE",  "IN",   "IS",   "LIKE",     "NOT",
    "NULL", "OR",   "THEN",    "TRUE", "WHEN", "FALSE",    "TRY_CAST",
};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  absl::StatusOr<Token> Next() {
    while (at_ < text_.size() && Is(" \t\r\n")) ++at_;
    if (at_ == text_.size()) return Make(Token::What::kEnd, at_);
    if (StartsName(text_[at_])) return Name();
    if (Is("'")) return Quoted('\'', Token::What::kString);
    if (Is("\"")) return Quoted('"', Token::What::kQuoted);
    if (IsDigit(text_[at_]) || (Is(".") && DigitAt(at_ + 1))) return Number();
    return Symbol();
  }

 private:
  bool Is(std::string_view chars) const {
    return at_ < text_.size() && chars.find(text_[at_]) != chars.npos;
  }
  bool DigitAt(size_t at) const {
    return at < text_.size() && IsDigit(text_[at]);
  }

  // The token from `start` to where the lexer stands.
  Token Make(Token::What what, size_t start) const {
    return {what, start, std::string(text_.substr(start, at_ - start))};
  }

  Token Name() {
    const size_t start = at_;
    while (at_ < text_.size() &&
           (StartsName(text_[at_]) || IsDigit(text_[at_]))) {
      ++at_;
    }
    return Make(Token::What::kName, start);
  }

  absl::StatusOr<Token> Quoted(char quote, Token::What what) {
    Token token = {what, at_, ""};
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == quote) {
        ++at_;
        if (at_ == text_.size() || text_[at_] != quote) return token;
      }
      token.text += text_[at_];
    }
    return ErrorAt(token.offset, "this {} is not closed", quote);
  }

  void Digits() {
    while (DigitAt(at_)) ++at_;
  }

  absl::StatusOr<Token> Number() {
    const size_t start = at_;
    auto what = Token::What::kInteger;
    Digits();
    if (Is(".")) {
      what = Token::What::kReal;
      ++at_;
      Digits();
    }
    if (Is("eE")) {
      const size_t digits =
          at_ + (at_ + 1 < text_.size() &&
                         (text_[at_ + 1] == '+' || text_[at_ + 1] == '-')
                     ? 2
                     : 1);
      if (DigitAt(digits)) {
        what = Token::What::kReal;
        at_ = digits;
        Digits();
      }
    }
    if (at_ < text_.size() && StartsName(text_[at_])) {
      return ErrorAt(start, "a number ends in '{}'", Name().text);
    }
    return Make(what, start);
  }

  absl::StatusOr<Token> Symbol() {
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with("--") || rest.starts_with("/*")) {
      return ErrorAt(at_,
                     "'{}' begins a comment in SQL, and there are none here; "
                     "for two signs write a space between them",
                     rest.substr(0, 2));
    }
    for (const std::string_view symbol : kSymbols) {
      if (!rest.starts_with(symbol)) continue;
      const size_t start = std::exchange(at_, at_ + symbol.size());
      return Make(Token::What::kSymbol, start);
    }
    const auto byte = static_cast<unsigned char>(rest[0]);
    if (byte < 0x20 || byte == 0x7f) {
      return ErrorAt(at_, "byte {:#04x} means nothing here", byte);
    }
    return ErrorAt(at_, "'{}' means nothing here", rest[0]);
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

bool Token::IsWord(std::string_view upper) const {
  if (what != What::kName || text.size() != upper.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (Upper(text[i]) != upper[i]) return false;
  }
  return true;
}

bool Token::IsReserved() const {
  return std::any_of(std::begin(kReserved), std::end(kReserved),
                     [this](std::string_view word) { return IsWord(word); });
}

absl::StatusOr<std::vector<Token>> Tokenize(std::string_view text) {
  Lexer lexer(text);
  std::vector<Token> tokens;
  while (tokens.empty() || tokens.back().what != Token::What::kEnd) {
    ASSIGN_OR_RETURN(Token token, lexer.Next());
    tokens.push_back(std::move(token));
  }
  return tokens;
}

}  // namespace freshet
