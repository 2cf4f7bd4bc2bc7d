// SPDX-License-Identifier: Apache-2.0
// Between Values and the bytes that rows hold. The slow path: defaults, tools
// and tests; requests copy the bytes.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "config/value.h"
#include "features/list_codec.h"

namespace freshet {

// What RowWriter takes for a value of this type: the slot's bytes, the string,
// or the list's payload. INVALID_ARGUMENT, with the reason, when the value is
// null or does not fit the type: a wrong kind, an integer or decimal out of
// range, a string that is not UTF-8, a wrong length, a null in a fixed list.
absl::StatusOr<std::string> EncodeValue(const Type& type, const Value& value);

// The value of a slot, a string or a list's payload. DATA_LOSS if the bytes
// are not of this type.
absl::StatusOr<Value> DecodeValue(const Type& type, std::string_view bytes);

}  // namespace freshet
