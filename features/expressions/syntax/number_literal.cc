// SPDX-License-Identifier: Apache-2.0
#include "features/expressions/syntax/number_literal.h"

#include <charconv>
#include <string>

#include "features/expressions/expression_error.h"

namespace freshet {
namespace {

template <typename T>
bool Read(std::string_view text, T& value) {
  const char* end = text.data() + text.size();
  return std::from_chars(text.data(), end, value).ec == std::errc();
}

}  // namespace

absl::StatusOr<size_t> AddNumber(const Token& token, std::string_view sign,
                                 TreeBuilder& tree) {
  const std::string text = std::string(sign) + token.text;
  if (token.what == Token::What::kReal) {
    double value = 0;
    if (!Read(text, value)) {
      return ErrorAt(token.offset, "'{}' does not fit double", text);
    }
    return tree.AddLiteral(token.offset, Kind::kDouble, Value(value));
  }
  int64_t value = 0;
  if (!Read(text, value)) {
    return ErrorAt(token.offset, "'{}' does not fit int64", text);
  }
  const bool narrow = value == static_cast<int32_t>(value);
  return tree.AddLiteral(token.offset, narrow ? Kind::kInt32 : Kind::kInt64,
                         Value(value));
}

}  // namespace freshet
