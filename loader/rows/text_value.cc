// SPDX-License-Identifier: Apache-2.0
#include "loader/rows/text_value.h"

#include <charconv>
#include <cstdint>

#include "base/error.h"
#include "base/percent.h"
#include "base/status.h"
#include "features/key_codec.h"
#include "loader/rows/decimal.h"
#include "loader/rows/moment.h"
#include "loader/rows/text_time.h"

namespace freshet {
namespace {

// Never repeats more of a hostile file than a person needs.
std::string_view Short(std::string_view text) { return text.substr(0, 64); }

template <typename T>
absl::Status ReadNumber(std::string_view text, const Type& to, Slot* slot) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc::result_out_of_range) {
    return InvalidArgument("'{}' is out of the range of {}", Short(text),
                           to.ToString());
  }
  if (error != std::errc() || stop != end) {
    return InvalidArgument("'{}' is no {}", Short(text), to.ToString());
  }
  slot->Set(value);
  return absl::OkStatus();
}

bool IsWord(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if ((text[i] | 0x20) != lower[i]) return false;
  }
  return true;
}

absl::Status ReadBool(std::string_view text, Slot* slot) {
  const bool is_true = IsWord(text, "true");
  if (!is_true && !IsWord(text, "false")) {
    return InvalidArgument("'{}' is not a bool; write true or false",
                           Short(text));
  }
  slot->Set(static_cast<uint8_t>(is_true ? 1 : 0));
  return absl::OkStatus();
}

absl::Status ReadString(std::string_view text, Slot* slot) {
  if (!IsValidUtf8(text)) {
    return InvalidArgument("the text is not valid UTF-8");
  }
  slot->bytes = text;
  return absl::OkStatus();
}

absl::Status ReadHex(std::string_view text, Slot* slot) {
  slot->scratch.clear();
  bool good = text.starts_with("0x") && text.size() % 2 == 0;
  for (size_t i = 2; good && i < text.size(); i += 2) {
    const int high = HexDigit(text[i]);
    const int low = HexDigit(text[i + 1]);
    good = high >= 0 && low >= 0;
    slot->scratch.push_back(static_cast<char>((high << 4) | low));
  }
  if (!good) {
    return InvalidArgument(
        "'{}' is not bytes; write them as 0x and pairs of "
        "hexadecimal digits",
        Short(text));
  }
  slot->bytes = slot->scratch;
  return absl::OkStatus();
}

}  // namespace

absl::Status ReadText(std::string_view text, const Type& to,
                      const TimeRules& time, Slot* slot) {
  switch (to.kind) {
    case Kind::kBool:
      return ReadBool(text, slot);
    case Kind::kInt32:
      return ReadNumber<int32_t>(text, to, slot);
    case Kind::kInt64:
      return ReadNumber<int64_t>(text, to, slot);
    case Kind::kFloat:
      return ReadNumber<float>(text, to, slot);
    case Kind::kDouble:
      return ReadNumber<double>(text, to, slot);
    case Kind::kString:
      return ReadString(text, slot);
    case Kind::kBytes:
      return ReadHex(text, slot);
    case Kind::kTimestamp: {
      ASSIGN_OR_RETURN(const Moment at, ParseTextTime(text, time));
      return SetMoment(at, slot);
    }
    case Kind::kDecimal: {
      ASSIGN_OR_RETURN(const int64_t unscaled, ParseDecimal(text, to));
      return SetDecimal(unscaled, to, slot);
    }
  }
  return Internal("no text form of type {}", to.ToString());
}

}  // namespace freshet
