// SPDX-License-Identifier: Apache-2.0
// Characters (code points) of UTF-8 text. Of text that is not UTF-8 the answers
// mean nothing, but nothing beyond it is read.
#pragma once

#include <cstddef>
#include <string_view>

namespace freshet {

inline bool StartsCharacter(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
}

// Bytes of the first character. Requires: !text.empty().
inline size_t CharacterBytes(std::string_view text) {
  size_t bytes = 1;
  while (bytes < text.size() && !StartsCharacter(text[bytes])) ++bytes;
  return bytes;
}

inline size_t CountCharacters(std::string_view text) {
  size_t count = 0;
  for (const char byte : text) count += StartsCharacter(byte) ? 1 : 0;
  return count;
}

// Bytes of the first `characters` characters, or of all there are.
inline size_t BytesOfCharacters(std::string_view text, size_t characters) {
  size_t at = 0;
  for (; at < text.size(); ++at) {
    if (!StartsCharacter(text[at])) continue;
    if (characters == 0) break;
    --characters;
  }
  return at;
}

}  // namespace freshet
