// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "features/expressions/syntax/lexer.h"

namespace freshet {

// Where in an expression's tokens its parser stands.
class TokenCursor {
 public:
  // Requires: the last of `tokens` is a kEnd; it is never left behind.
  explicit TokenCursor(std::vector<Token> tokens)
      : tokens_(std::move(tokens)) {}

  const Token& Peek(size_t ahead = 0) const;
  // The token, which is then behind.
  const Token& Take();

  // Take it if it is this one.
  bool TakeSymbol(std::string_view symbol);
  bool TakeWord(std::string_view word);

  // INVALID_ARGUMENT of ErrorAt if it is another one.
  absl::Status ExpectSymbol(std::string_view symbol);
  absl::Status ExpectWord(std::string_view word);

  // INVALID_ARGUMENT of ErrorAt for the token.
  absl::Status Unexpected(std::string_view wanted) const;

 private:
  std::vector<Token> tokens_;
  size_t at_ = 0;
};

}  // namespace freshet
