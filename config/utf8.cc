// SPDX-License-Identifier: Apache-2.0
#include "config/utf8.h"

#include <cstdint>

namespace freshet {
namespace {

// Bytes of the sequence that `lead` starts; 0: none may start so.
size_t SequenceLength(uint8_t lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;
  if (lead < 0xE0) return 2;
  if (lead < 0xF0) return 3;
  return lead < 0xF5 ? 4 : 0;
}

// Whether `second` may follow `lead`: what keeps overlong forms, surrogates
// and what lies beyond U+10FFFF out.
bool SecondFits(uint8_t lead, uint8_t second) {
  const uint8_t least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const uint8_t most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  return second >= least && second <= most;
}

}  // namespace

size_t ValidUtf8Prefix(std::string_view text) {
  const auto byte = [text](size_t i) { return static_cast<uint8_t>(text[i]); };
  size_t at = 0;
  while (at < text.size()) {
    const size_t length = SequenceLength(byte(at));
    if (length == 0 || length > text.size() - at) return at;
    if (length > 1 && !SecondFits(byte(at), byte(at + 1))) return at;
    for (size_t i = 2; i < length; ++i) {
      if ((byte(at + i) & 0xC0) != 0x80) return at;
    }
    at += length;
  }
  return at;
}

std::string Shortened(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return std::string(text);
  size_t end = bytes_max;
  while (end > 0 && (static_cast<uint8_t>(text[end]) & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

}  // namespace freshet
