// SPDX-License-Identifier: Apache-2.0
#include "features/expressions/syntax/token_cursor.h"

#include <algorithm>
#include <string>

#include "features/expressions/expression_error.h"

namespace freshet {
namespace {

std::string Described(const Token& token) {
  switch (token.what) {
    case Token::What::kEnd:
      return "the end";
    case Token::What::kString:
      return "a string";
    default:
      return fmt::format("'{}'", token.text);
  }
}

}  // namespace

const Token& TokenCursor::Peek(size_t ahead) const {
  return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
}

const Token& TokenCursor::Take() {
  const Token& token = Peek();
  at_ = std::min(at_ + 1, tokens_.size() - 1);
  return token;
}

bool TokenCursor::TakeSymbol(std::string_view symbol) {
  const bool taken = Peek().IsSymbol(symbol);
  if (taken) Take();
  return taken;
}

bool TokenCursor::TakeWord(std::string_view word) {
  const bool taken = Peek().IsWord(word);
  if (taken) Take();
  return taken;
}

absl::Status TokenCursor::ExpectSymbol(std::string_view symbol) {
  if (TakeSymbol(symbol)) return absl::OkStatus();
  return Unexpected(fmt::format("'{}'", symbol));
}

absl::Status TokenCursor::ExpectWord(std::string_view word) {
  if (TakeWord(word)) return absl::OkStatus();
  return Unexpected(word);
}

absl::Status TokenCursor::Unexpected(std::string_view wanted) const {
  return ErrorAt(Peek().offset, "{} stands where {} is wanted",
                 Described(Peek()), wanted);
}

}  // namespace freshet
