// SPDX-License-Identifier: Apache-2.0
#include "features/expressions/functions/like.h"

#include "features/expressions/functions/utf8_text.h"

namespace freshet {
namespace {

// A piece of a pattern: one byte, one character or any of them.
struct Piece {
  enum class What { kByte, kCharacter, kAny };
  What what = What::kByte;
  char byte = 0;
  size_t end = 0;  // Where the next one begins.
};

class Pattern {
 public:
  Pattern(std::string_view text, std::optional<char> escape)
      : text_(text), escape_(escape) {}

  size_t size() const { return text_.size(); }

  // Requires: IsComplete() and at < size().
  Piece At(size_t at) const {
    const char c = text_[at];
    if (escape_ == c) return {Piece::What::kByte, text_[at + 1], at + 2};
    if (c == '%') return {Piece::What::kAny, c, at + 1};
    if (c == '_') return {Piece::What::kCharacter, c, at + 1};
    return {Piece::What::kByte, c, at + 1};
  }

  // Whether each escape has something to escape.
  bool IsComplete() const {
    if (!escape_.has_value()) return true;
    size_t at = 0;
    while (at < text_.size()) at += text_[at] == *escape_ ? 2 : 1;
    return at == text_.size();
  }

 private:
  std::string_view text_;
  std::optional<char> escape_;
};

// Goes back to the last `%` only: an earlier one could not do better.
bool Matches(std::string_view text, const Pattern& pattern) {
  size_t at = 0;
  size_t in_pattern = 0;
  std::optional<size_t> retry_pattern;  // After the last '%'.
  size_t retry_at = 0;
  while (at < text.size()) {
    if (in_pattern < pattern.size()) {
      const Piece piece = pattern.At(in_pattern);
      if (piece.what == Piece::What::kAny) {
        in_pattern = piece.end;
        retry_pattern = in_pattern;
        retry_at = at;
        continue;
      }
      if (piece.what == Piece::What::kCharacter || piece.byte == text[at]) {
        at += piece.what == Piece::What::kCharacter
                  ? CharacterBytes(text.substr(at))
                  : 1;
        in_pattern = piece.end;
        continue;
      }
    }
    if (!retry_pattern.has_value()) return false;
    in_pattern = *retry_pattern;
    retry_at += CharacterBytes(text.substr(retry_at));
    at = retry_at;
  }
  while (in_pattern < pattern.size()) {
    const Piece piece = pattern.At(in_pattern);
    if (piece.what != Piece::What::kAny) return false;
    in_pattern = piece.end;
  }
  return true;
}

}  // namespace

std::optional<bool> IsLike(std::string_view text, std::string_view pattern,
                           std::optional<char> escape) {
  const Pattern pieces(pattern, escape);
  if (!pieces.IsComplete()) return std::nullopt;
  return Matches(text, pieces);
}

}  // namespace freshet
