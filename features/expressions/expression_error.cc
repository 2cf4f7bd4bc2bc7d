// SPDX-License-Identifier: Apache-2.0
#include "features/expressions/expression_error.h"

#include <charconv>
#include <string_view>

#include "base/check.h"
#include "base/error.h"

namespace freshet {
namespace {

constexpr std::string_view kAt = "at ";
constexpr std::string_view kAfterOffset = ": ";

}  // namespace

absl::Status ToStatus(const ExpressionError& error) {
  return InvalidArgument("{}{}{}{}", kAt, error.offset + 1, kAfterOffset,
                         error.message);
}

ExpressionError ExpressionErrorOf(const absl::Status& status) {
  std::string_view text(status.message().data(), status.message().size());
  CHECK(text.starts_with(kAt));
  text.remove_prefix(kAt.size());
  size_t place = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), place);
  CHECK(error == std::errc() && place > 0);
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  CHECK(text.starts_with(kAfterOffset));
  text.remove_prefix(kAfterOffset.size());
  return {place - 1, std::string(text)};
}

}  // namespace freshet
