// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "config/type.h"
#include "features/expressions/functions/functions.h"

namespace freshet {

// Types of a call's arguments; nullopt for a NULL of no type.
using ArgumentTypes = std::vector<std::optional<Type>>;

// A function with the types it takes and gives in one call.
struct Overload {
  Kernel kernel = nullptr;
  std::vector<Type> takes;  // Of each argument, to be converted to.
  Type gives;
  bool typed = true;  // false: what it gives is a NULL of no type.
};

// The function called `name` that takes these arguments: as they are, or else
// all as their common type, or else the first one whose types they become
// without a CAST. INVALID_ARGUMENT of ErrorAt if there is none.
absl::StatusOr<Overload> ChooseOverload(size_t offset, std::string_view name,
                                        const ArgumentTypes& arguments);

// The common type of all that have a type, bool if none has; or nullopt.
std::optional<Type> CommonTypeOf(const ArgumentTypes& arguments);

// `int32, NULL, string`
std::string ShownTypes(const ArgumentTypes& arguments,
                       std::string_view separator);

// `; did you mean '…'?`, or which names there are if they are few.
std::string Advice(std::string_view name,
                   const std::vector<std::string>& names);

}  // namespace freshet
