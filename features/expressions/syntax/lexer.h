// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace freshet {

// A word of an expression's text.
struct Token {
  enum class What : uint8_t {
    kEnd,
    kName,    // As written: a column, a function or a word of the grammar.
    kQuoted,  // "…", without its quotes: a column.
    kInteger,
    kReal,    // With a point or an exponent.
    kString,  // '…', without its quotes.
    kSymbol,
  };
  What what = What::kEnd;
  size_t offset = 0;
  std::string text;

  bool IsSymbol(std::string_view symbol) const {
    return what == What::kSymbol && text == symbol;
  }
  // Whether it is the word `upper`, in any case.
  bool IsWord(std::string_view upper) const;
  // Whether it is a word that cannot be a column's name without quotes.
  bool IsReserved() const;
};

// The tokens of `text`, with a kEnd at the end. INVALID_ARGUMENT of ErrorAt for
// what starts no token, for a quote that is not closed and for comments.
absl::StatusOr<std::vector<Token>> Tokenize(std::string_view text);

}  // namespace freshet
