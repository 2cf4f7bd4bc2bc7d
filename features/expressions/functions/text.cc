// SPDX-License-Identifier: Apache-2.0
// The functions of strings.
#include <algorithm>
#include <cstring>
#include <limits>

#include "features/expressions/functions/kernels.h"
#include "features/expressions/functions/like.h"
#include "features/expressions/functions/utf8_text.h"

namespace freshet {
namespace {

using Text = std::string_view;

constexpr auto kValue = RowState::kValue;
constexpr auto kOverflow = RowState::kOverflow;

template <char kFirst, char kLast>
RowState ChangeCase(const StepCall& call, Text a, Text& out) {
  const auto changes = [](char c) { return c >= kFirst && c <= kLast; };
  out = a;
  if (std::none_of(a.begin(), a.end(), changes)) return kValue;
  if (a.size() > kComputedStringMax) return kOverflow;
  char* bytes = call.arena->Allocate(a.size());
  for (size_t i = 0; i < a.size(); ++i) {
    bytes[i] = changes(a[i]) ? static_cast<char>(a[i] ^ 0x20) : a[i];
  }
  out = Text(bytes, a.size());
  return kValue;
}

RowState Length(Text a, int64_t& out) {
  out = static_cast<int64_t>(CountCharacters(a));
  return kValue;
}

RowState Strlen(Text a, int64_t& out) {
  out = static_cast<int64_t>(a.size());
  return kValue;
}

// Characters from `begin` up to `end`, which may lie outside of the text.
Text Cut(Text text, int64_t begin, int64_t end) {
  const auto first = static_cast<size_t>(std::max<int64_t>(begin, 0));
  const auto last = static_cast<size_t>(std::max<int64_t>(end, 0));
  if (last <= first) return {};
  text.remove_prefix(BytesOfCharacters(text, first));
  return text.substr(0, BytesOfCharacters(text, last - first));
}

// Counted from 1, or from the end if negative. Further than any string is long
// is as far as one can go, and sums stay within int64.
int64_t BeginOf(Text text, int64_t offset) {
  constexpr int64_t kFar = int64_t{1} << 60;
  offset = std::clamp(offset, -kFar, kFar);
  if (offset >= 0) return offset - 1;
  return static_cast<int64_t>(CountCharacters(text)) + offset;
}

RowState Substr(Text a, int64_t offset, Text& out) {
  out = Cut(a, BeginOf(a, offset), std::numeric_limits<int64_t>::max());
  return kValue;
}

// A negative length goes to the left.
RowState SubstrOf(Text a, int64_t offset, int64_t length, Text& out) {
  constexpr int64_t kFar = int64_t{1} << 61;
  const int64_t begin = BeginOf(a, offset);
  const int64_t end = begin + std::clamp(length, -kFar, kFar);
  out = Cut(a, std::min(begin, end), std::max(begin, end));
  return kValue;
}

// Unicode's separators that are spaces (Zs), as UTF-8.
constexpr Text kSpaces[] = {" ",
                            "\xC2\xA0",
                            "\xE1\x9A\x80",
                            "\xE2\x80\x80",
                            "\xE2\x80\x81",
                            "\xE2\x80\x82",
                            "\xE2\x80\x83",
                            "\xE2\x80\x84",
                            "\xE2\x80\x85",
                            "\xE2\x80\x86",
                            "\xE2\x80\x87",
                            "\xE2\x80\x88",
                            "\xE2\x80\x89",
                            "\xE2\x80\x8A",
                            "\xE2\x80\xAF",
                            "\xE2\x81\x9F",
                            "\xE3\x80\x80"};

Text WithoutLeading(Text text) {
  const auto leads = [&](Text space) { return text.starts_with(space); };
  while (true) {
    const Text* space =
        std::find_if(std::begin(kSpaces), std::end(kSpaces), leads);
    if (space == std::end(kSpaces)) return text;
    text.remove_prefix(space->size());
  }
}

Text WithoutTrailing(Text text) {
  const auto trails = [&](Text space) { return text.ends_with(space); };
  while (true) {
    const Text* space =
        std::find_if(std::begin(kSpaces), std::end(kSpaces), trails);
    if (space == std::end(kSpaces)) return text;
    text.remove_suffix(space->size());
  }
}

template <bool kLeft, bool kRight>
RowState Trim(Text a, Text& out) {
  out = kLeft ? WithoutLeading(a) : a;
  if (kRight) out = WithoutTrailing(out);
  return kValue;
}

RowState StartsWith(Text a, Text b, int64_t& out) {
  out = a.starts_with(b) ? 1 : 0;
  return kValue;
}

RowState EndsWith(Text a, Text b, int64_t& out) {
  out = a.ends_with(b) ? 1 : 0;
  return kValue;
}

// Unlike string_view's find, in time of the sum of the lengths.
size_t Find(Text text, Text wanted, size_t from) {
  if (wanted.empty()) return from;
  const char* start = text.data() + from;
  const void* found =
      from == text.size()
          ? nullptr
          : memmem(start, text.size() - from, wanted.data(), wanted.size());
  if (found == nullptr) return Text::npos;
  return static_cast<size_t>(static_cast<const char*>(found) - text.data());
}

RowState Contains(Text a, Text b, int64_t& out) {
  out = Find(a, b, 0) != Text::npos ? 1 : 0;
  return kValue;
}

// Bytes of `a` with each `from` replaced.
size_t ReplacedBytes(Text a, Text from, Text to) {
  size_t bytes = a.size();
  for (size_t at = Find(a, from, 0); at != Text::npos;
       at = Find(a, from, at + from.size())) {
    bytes = bytes - from.size() + to.size();
  }
  return bytes;
}

RowState ReplaceRow(const StepCall& call, size_t row, Text& out) {
  RowState state = kValue;
  for (size_t i = 0; i < call.arg_count; ++i) {
    state = Worse(state, call.args[i]->states[row]);
  }
  if (state != kValue) return state;
  const Text a = call.args[0]->strings[row];
  const Text from = call.args[1]->strings[row];
  const Text to = call.args[2]->strings[row];
  out = a;
  size_t found = from.empty() ? Text::npos : Find(a, from, 0);
  if (found == Text::npos) return kValue;
  const size_t size = ReplacedBytes(a, from, to);
  if (size > kComputedStringMax) return kOverflow;
  char* bytes = call.arena->Allocate(size);
  out = Text(bytes, size);
  size_t done = 0;
  for (; found != Text::npos; found = Find(a, from, done)) {
    bytes += a.copy(bytes, found - done, done);
    bytes += to.copy(bytes, to.size());
    done = found + from.size();
  }
  a.copy(bytes, a.size() - done, done);
  return kValue;
}

void Replace(const StepCall& call) {
  for (size_t row = 0; row < call.rows; ++row) {
    call.out->states[row] = ReplaceRow(call, row, call.out->strings[row]);
  }
}

RowState Join(const StepCall& call, Text a, Text b, Text& out) {
  if (a.size() > kComputedStringMax || b.size() > kComputedStringMax - a.size())
    return kOverflow;
  char* bytes = call.arena->Allocate(a.size() + b.size());
  a.copy(bytes, a.size());
  b.copy(bytes + a.size(), b.size());
  out = Text(bytes, a.size() + b.size());
  return kValue;
}

// Nulls are left out.
RowState ConcatRow(const StepCall& call, size_t row, Text& out) {
  RowState state = kValue;
  size_t size = 0;
  for (size_t i = 0; i < call.arg_count; ++i) {
    const ValueColumn& arg = *call.args[i];
    if (IsFailure(arg.states[row])) state = Worse(state, arg.states[row]);
    if (arg.states[row] == kValue) size += arg.strings[row].size();
  }
  if (state != kValue) return state;
  if (size > kComputedStringMax) return kOverflow;
  char* bytes = call.arena->Allocate(size);
  out = Text(bytes, size);
  for (size_t i = 0; i < call.arg_count; ++i) {
    const ValueColumn& arg = *call.args[i];
    if (arg.states[row] != kValue) continue;
    bytes += arg.strings[row].copy(bytes, arg.strings[row].size());
  }
  return kValue;
}

void Concat(const StepCall& call) {
  for (size_t row = 0; row < call.rows; ++row) {
    call.out->states[row] = ConcatRow(call, row, call.out->strings[row]);
  }
}

RowState LikeAs(std::optional<bool> like, int64_t& out) {
  out = like.value_or(false) ? 1 : 0;
  return like.has_value() ? kValue : RowState::kBadInput;
}

RowState Like(Text a, Text pattern, int64_t& out) {
  return LikeAs(IsLike(a, pattern, std::nullopt), out);
}

RowState LikeEscaped(Text a, Text pattern, Text escape, int64_t& out) {
  return LikeAs(IsLike(a, pattern, escape[0]), out);
}

constexpr Function kFunctions[] = {
    {"||", "xx", 's', Strict<Join>},
    {"concat", "x*", 's', Concat},
    {"LIKE", "ss", 'b', Strict<Like>},
    {"LIKE", "sss", 'b', Strict<LikeEscaped>},
    {"lower", "s", 's', Strict<ChangeCase<'A', 'Z'>>},
    {"upper", "s", 's', Strict<ChangeCase<'a', 'z'>>},
    {"length", "s", 'l', Strict<Length>},
    {"strlen", "s", 'l', Strict<Strlen>},
    {"substr", "sl", 's', Strict<Substr>},
    {"substr", "sll", 's', Strict<SubstrOf>},
    {"trim", "s", 's', Strict<Trim<true, true>>},
    {"ltrim", "s", 's', Strict<Trim<true, false>>},
    {"rtrim", "s", 's', Strict<Trim<false, true>>},
    {"starts_with", "ss", 'b', Strict<StartsWith>},
    {"ends_with", "ss", 'b', Strict<EndsWith>},
    {"contains", "ss", 'b', Strict<Contains>},
    {"replace", "sss", 's', Replace},
};

}  // namespace

std::span<const Function> TextFunctions() { return kFunctions; }

}  // namespace freshet
