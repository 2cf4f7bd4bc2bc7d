// SPDX-License-Identifier: Apache-2.0
#include "loader/rows/text_time.h"

#include <chrono>
#include <optional>

#include "base/error.h"
#include "base/status.h"

namespace freshet {
namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kNanosPerSecond = 1'000'000'000;

// Takes what a time is made of from the front of a text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }

  bool TakeChar(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::optional<int> TakeDigits(size_t count) {
    if (rest_.size() < count) return std::nullopt;
    int value = 0;
    for (size_t i = 0; i < count; ++i) {
      const char c = rest_[i];
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }

  // One to nine digits after the point, as nanoseconds.
  std::optional<int64_t> TakeFraction() {
    int64_t nanos = 0;
    int64_t unit = kNanosPerSecond / 10;
    size_t count = 0;
    while (const std::optional<int> digit = TakeDigits(1)) {
      if (++count > 9) return std::nullopt;
      nanos += *digit * unit;
      unit /= 10;
    }
    if (count == 0) return std::nullopt;
    return nanos;
  }

 private:
  std::string_view rest_;
};

std::optional<int64_t> TakeDays(Scanner& in) {
  const auto year = in.TakeDigits(4);
  if (!year || !in.TakeChar('-')) return std::nullopt;
  const auto month = in.TakeDigits(2);
  if (!month || !in.TakeChar('-')) return std::nullopt;
  const auto day = in.TakeDigits(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date(
      std::chrono::year(*year),
      std::chrono::month(static_cast<unsigned>(*month)),
      std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok() || *year == 0) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

std::optional<Moment> TakeTimeOfDay(Scanner& in) {
  const auto hour = in.TakeDigits(2);
  if (!hour || *hour > 23 || !in.TakeChar(':')) return std::nullopt;
  const auto minute = in.TakeDigits(2);
  if (!minute || *minute > 59) return std::nullopt;
  int64_t seconds = *hour * 3600 + *minute * 60;
  int64_t fraction = 0;
  if (in.TakeChar(':')) {
    const auto second = in.TakeDigits(2);
    if (!second || *second > 59) return std::nullopt;
    seconds += *second;
    if (in.TakeChar('.')) {
      const auto nanos = in.TakeFraction();
      if (!nanos) return std::nullopt;
      fraction = *nanos;
    }
  }
  return Moment{seconds * kMicrosPerSecond + fraction / 1'000,
                static_cast<uint16_t>(fraction % 1'000)};
}

// Microseconds east of UTC.
std::optional<int64_t> TakeZone(Scanner& in) {
  if (in.TakeChar('Z')) return 0;
  const bool west = in.TakeChar('-');
  if (!west && !in.TakeChar('+')) return std::nullopt;
  const auto hours = in.TakeDigits(2);
  if (!hours || *hours > 18) return std::nullopt;
  in.TakeChar(':');
  const int minutes = in.TakeDigits(2).value_or(0);
  if (minutes > 59) return std::nullopt;
  const int64_t offset = (*hours * 3600 + minutes * 60) * kMicrosPerSecond;
  return west ? -offset : offset;
}

absl::Status NotATime(std::string_view text) {
  return InvalidArgument(
      "'{}' is not a time; write one as 2013-12-31T23:59:59Z",
      text.substr(0, 64));
}

}  // namespace

absl::StatusOr<Moment> ParseTextTime(std::string_view text,
                                     const TimeRules& time) {
  Scanner in(text);
  const auto days = TakeDays(in);
  if (!days) return NotATime(text);
  if (in.done()) {
    if (time.zone == nullptr || time.at_day == DayPoint::kNone) {
      return InvalidArgument(
          "'{}' is a date; give {}zone and {}at (start_of_day or end_of_day)",
          text, time.given_by, time.given_by);
    }
    return Moment{time.DayMicros(*days)};
  }
  if (!in.TakeChar('T') && !in.TakeChar(' ')) return NotATime(text);
  const auto time_of_day = TakeTimeOfDay(in);
  if (!time_of_day) return NotATime(text);
  Moment at = *time_of_day;
  at.micros += *days * kMicrosPerDay;
  if (in.done()) {
    if (time.zone == nullptr) {
      return InvalidArgument("'{}' has no zone; give {}zone (for example UTC)",
                             text, time.given_by);
    }
    at.micros = time.zone->ToUtcMicros(at.micros);
    return at;
  }
  const auto offset = TakeZone(in);
  if (!offset || !in.done()) return NotATime(text);
  at.micros -= *offset;
  return at;
}

}  // namespace freshet
