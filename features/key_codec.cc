// SPDX-License-Identifier: Apache-2.0
#include "features/key_codec.h"

#include <cstring>

#include "base/error.h"
#include "base/status.h"
#include "config/utf8.h"

namespace freshet {
namespace {

// A zero byte in a string that is not last is kZero kEscaped; its end is kZero
// kEnd. kEnd sorts before every byte that can follow a string's prefix.
constexpr char kZero = '\x00';
constexpr char kEnd = '\x01';
constexpr char kEscaped = '\xff';

// So that negative numbers sort before positive ones as unsigned bytes.
constexpr uint64_t kSignBit = uint64_t{1} << 63;

absl::Status BadPart(const KeyPart& part, std::string_view why) {
  return InvalidArgument("join key '{}' {}", part.name, why);
}

absl::Status AppendPart(const KeyPart& part, const Value& value, bool last,
                        std::string* key) {
  if (value.IsNull()) return BadPart(part, "is null; a key cannot be null");
  if (part.type.kind == Kind::kInt64) {
    const auto* number = std::get_if<int64_t>(&value.v);
    if (number == nullptr) return BadPart(part, "is not an int64");
    AppendKeyInt64(*number, key);
    return absl::OkStatus();
  }
  const auto* text = std::get_if<std::string>(&value.v);
  if (text == nullptr) {
    return BadPart(part, part.type.kind == Kind::kString
                             ? "is not a string"
                             : "is not a byte string");
  }
  if (part.type.kind == Kind::kString && !IsValidUtf8(*text)) {
    return BadPart(part, "is not valid UTF-8; declare it bytes to keep it");
  }
  AppendKeyBytes(*text, last, key);
  return absl::OkStatus();
}

absl::Status BadKey(const KeyPart& part, std::string_view why) {
  return DataLoss("damaged key: part '{}' {}", part.name, why);
}

absl::StatusOr<int64_t> TakeInt64(const KeyPart& part, std::string_view* key) {
  if (key->size() < sizeof(uint64_t)) return BadKey(part, "is too short");
  uint64_t bits = 0;
  for (size_t i = 0; i < sizeof(bits); ++i) {
    bits = (bits << 8) | static_cast<uint8_t>((*key)[i]);
  }
  key->remove_prefix(sizeof(bits));
  return static_cast<int64_t>(bits ^ kSignBit);
}

absl::StatusOr<std::string> TakeEscaped(const KeyPart& part,
                                        std::string_view* key) {
  std::string text;
  for (;;) {
    const size_t zero = key->find(kZero);
    if (zero == std::string_view::npos || zero + 1 == key->size()) {
      return BadKey(part, "has no end");
    }
    const char mark = (*key)[zero + 1];
    text.append(key->substr(0, zero));
    key->remove_prefix(zero + 2);
    if (mark == kEnd) return text;
    if (mark != kEscaped) return BadKey(part, "has a bad escape");
    text.push_back(kZero);
  }
}

absl::StatusOr<std::string> TakeText(const KeyPart& part, bool last,
                                     std::string_view* key) {
  std::string text;
  if (last) {
    text.assign(*key);
    key->remove_prefix(key->size());
  } else {
    ASSIGN_OR_RETURN(text, TakeEscaped(part, key));
  }
  if (part.type.kind == Kind::kString && !IsValidUtf8(text)) {
    return BadKey(part, "is not valid UTF-8");
  }
  return text;
}

// How many bytes at the start are ASCII, rounded down to a multiple of 8.
size_t AsciiPrefix(std::string_view text) {
  size_t i = 0;
  while (i + 8 <= text.size()) {
    uint64_t word;
    std::memcpy(&word, text.data() + i, sizeof(word));
    if ((word & 0x8080808080808080u) != 0) break;
    i += 8;
  }
  return i;
}

}  // namespace

void AppendKeyInt64(int64_t value, std::string* key) {
  const uint64_t bits = static_cast<uint64_t>(value) ^ kSignBit;
  char bytes[sizeof(bits)];
  for (size_t i = 0; i < sizeof(bits); ++i) {
    bytes[i] = static_cast<char>(bits >> (56 - 8 * i));
  }
  key->append(bytes, sizeof(bytes));
}

void AppendKeyBytes(std::string_view value, bool last, std::string* key) {
  if (last) {
    key->append(value);
    return;
  }
  for (;;) {
    const size_t zero = value.find(kZero);
    key->append(value.substr(0, zero));
    if (zero == std::string_view::npos) break;
    key->push_back(kZero);
    key->push_back(kEscaped);
    value.remove_prefix(zero + 1);
  }
  key->push_back(kZero);
  key->push_back(kEnd);
}

absl::StatusOr<std::string> EncodeKey(std::span<const KeyPart> parts,
                                      std::span<const Value> values) {
  if (parts.size() != values.size()) {
    return InvalidArgument("a key has {} parts, {} values were given",
                           parts.size(), values.size());
  }
  std::string key;
  for (size_t i = 0; i < parts.size(); ++i) {
    RETURN_IF_ERROR(
        AppendPart(parts[i], values[i], i + 1 == parts.size(), &key));
  }
  if (key.size() > kKeyBytesMax) {
    return InvalidArgument("a key has {} bytes, at most {} are accepted",
                           key.size(), kKeyBytesMax);
  }
  return key;
}

absl::StatusOr<std::vector<Value>> DecodeKey(std::span<const KeyPart> parts,
                                             std::string_view key) {
  std::vector<Value> values;
  values.reserve(parts.size());
  for (size_t i = 0; i < parts.size(); ++i) {
    const KeyPart& part = parts[i];
    if (part.type.kind == Kind::kInt64) {
      ASSIGN_OR_RETURN(const int64_t number, TakeInt64(part, &key));
      values.emplace_back(number);
    } else {
      ASSIGN_OR_RETURN(std::string text,
                       TakeText(part, i + 1 == parts.size(), &key));
      values.emplace_back(std::move(text));
    }
  }
  if (!key.empty()) {
    return DataLoss("damaged key: {} bytes after its last part", key.size());
  }
  return values;
}

bool IsValidUtf8(std::string_view text) {
  text.remove_prefix(AsciiPrefix(text));
  return ValidUtf8Prefix(text) == text.size();
}

}  // namespace freshet
