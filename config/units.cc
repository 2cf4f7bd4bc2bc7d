// SPDX-License-Identifier: Apache-2.0
#include "config/units.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <span>

#include "base/check.h"
#include "base/error.h"

namespace freshet {
namespace {

struct Unit {
  std::string_view name;
  int64_t factor;
};

// Largest first. Weeks are read but never written: 14d says more than 2w.
constexpr Unit kDurations[] = {{"d", 86'400'000'000}, {"h", 3'600'000'000},
                               {"m", 60'000'000},     {"s", 1'000'000},
                               {"ms", 1'000},         {"us", 1},
                               {"w", 604'800'000'000}};
constexpr Unit kSizes[] = {{"TiB", int64_t{1} << 40},
                           {"GiB", int64_t{1} << 30},
                           {"MiB", int64_t{1} << 20},
                           {"KiB", int64_t{1} << 10},
                           {"B", 1}};

// What a quantity is called, how one looks, and its units.
struct Quantity {
  std::string_view name;
  std::string_view hint;
  std::span<const Unit> units;
};

constexpr Quantity kDuration = {
    "duration", "a whole number and a unit (us, ms, s, m, h, d, w), as in 36h",
    kDurations};
constexpr Quantity kSize = {
    "size", "a whole number and a unit (B, KiB, MiB, GiB, TiB), as in 512MiB",
    kSizes};

absl::StatusOr<int64_t> Parse(std::string_view text, const Quantity& quantity) {
  if (text == "0") return 0;
  const size_t digits =
      std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string_view suffix = text.substr(digits);
  const bool has_leading_zero = digits > 1 && text[0] == '0';
  for (const Unit& unit : quantity.units) {
    if (digits == 0 || has_leading_zero || suffix != unit.name) continue;
    int64_t number = 0;
    const auto [at, error] =
        std::from_chars(text.data(), text.data() + digits, number);
    if (error == std::errc() &&
        number <= std::numeric_limits<int64_t>::max() / unit.factor) {
      return number * unit.factor;
    }
    return InvalidArgument("'{}' is too large a {}", text, quantity.name);
  }
  return InvalidArgument("'{}' is not a {}; write {}", text, quantity.name,
                         quantity.hint);
}

std::string Format(int64_t value, std::span<const Unit> largest_first) {
  CHECK(value >= 0);
  if (value == 0) return "0";
  for (const Unit& unit : largest_first) {
    if (value % unit.factor == 0) {
      return fmt::format("{}{}", value / unit.factor, unit.name);
    }
  }
  CHECK(false && "the smallest unit divides every value");
  return {};
}

}  // namespace

absl::StatusOr<int64_t> ParseDuration(std::string_view text) {
  return Parse(text, kDuration);
}

std::string FormatDuration(int64_t micros) {
  return Format(micros, kDurations);
}

absl::StatusOr<int64_t> ParseSize(std::string_view text) {
  return Parse(text, kSize);
}

std::string FormatSize(int64_t bytes) { return Format(bytes, kSizes); }

std::string FormatBytes(int64_t bytes) {
  for (const Unit& unit : kSizes) {
    if (unit.factor == 1 || std::abs(bytes) < unit.factor) continue;
    return fmt::format(
        "{:.1f} {}",
        static_cast<double>(bytes) / static_cast<double>(unit.factor),
        unit.name);
  }
  return fmt::format("{} B", bytes);
}

}  // namespace freshet
