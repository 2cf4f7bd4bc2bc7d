// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

namespace freshet {

// Whether all of `text` is what `pattern` says: `%` any characters, `_` one,
// what follows `escape` itself. nullopt if nothing follows an escape. Takes at
// most the product of their lengths.
std::optional<bool> IsLike(std::string_view text, std::string_view pattern,
                           std::optional<char> escape);

}  // namespace freshet
