// SPDX-License-Identifier: Apache-2.0
#include "server/net/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "config/utf8.h"

namespace freshet {
namespace {

size_t CharacterBytes(unsigned char first) {
  if (first < 0x80) return 1;
  if (first < 0xE0) return 2;
  return first < 0xF0 ? 3 : 4;
}

// C0 and DEL, and C1, which UTF-8 writes in two bytes and some terminals obey.
bool IsControl(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) {
    return (first < 0x20 && first != '\t' && first != '\n') || first == 0x7F;
  }
  return first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
}

}  // namespace

std::string Printable(std::string_view text, size_t bytes_max) {
  std::string out;
  out.reserve(std::min(text.size(), bytes_max));
  size_t valid_until = ValidUtf8Prefix(text);
  for (size_t at = 0; at < text.size();) {
    const auto first = static_cast<unsigned char>(text[at]);
    const bool valid = at < valid_until;
    const std::string_view character =
        text.substr(at, valid ? CharacterBytes(first) : 1);
    const bool as_it_is = valid && !IsControl(character);
    // The last byte of a control character is its number.
    const std::string piece =
        as_it_is ? std::string(character)
                 : fmt::format("\\x{:02x}",
                               static_cast<unsigned char>(character.back()));
    if (out.size() + piece.size() > bytes_max) {
      return out + fmt::format("... ({} bytes in all)", text.size());
    }
    out += piece;
    at += character.size();
    if (!valid) valid_until = at + ValidUtf8Prefix(text.substr(at));
  }
  return out;
}

}  // namespace freshet
