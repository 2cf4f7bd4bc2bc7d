// SPDX-License-Identifier: Apache-2.0
// Entity keys as bytes whose order is the order of the typed values:
// docs/format.md, "Key". The same bytes online and offline.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "config/value.h"
#include "features/row_schema.h"

namespace freshet {

// Longest key that is accepted, encoded, in bytes.
inline constexpr size_t kKeyBytesMax = 4096;

// Appends one part. `last`: it is the last part of its key, so that a string
// needs neither escapes nor an end mark.
void AppendKeyInt64(int64_t value, std::string* key);
void AppendKeyBytes(std::string_view value, bool last, std::string* key);

// Whole keys from values. INVALID_ARGUMENT on null, on a wrong kind, on a
// string that is not UTF-8 and on a key longer than kKeyBytesMax.
absl::StatusOr<std::string> EncodeKey(std::span<const KeyPart> parts,
                                      std::span<const Value> values);

// DATA_LOSS if `key` is not a key of these parts.
absl::StatusOr<std::vector<Value>> DecodeKey(std::span<const KeyPart> parts,
                                             std::string_view key);

bool IsValidUtf8(std::string_view text);

}  // namespace freshet
