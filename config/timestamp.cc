// SPDX-License-Identifier: Apache-2.0
#include "config/timestamp.h"

#include "base/error.h"
#include "config/utf8.h"

namespace freshet {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kDay = 86'400 * kSecond;

// std::chrono's years end at 32767, an int64 of microseconds at 294247, so
// the proleptic Gregorian calendar is counted here, in eras of 400 years from
// a first of March.
constexpr int64_t kDaysOfEra = 146'097;
constexpr int64_t kDaysBefore1970 = 719'468;

struct Date {
  int64_t year;
  int64_t month;
  int64_t day;
};

int64_t FloorDiv(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

int64_t DaysSince1970(const Date& date) {
  const int64_t year = date.year - (date.month <= 2 ? 1 : 0);
  const int64_t era = FloorDiv(year, 400);
  const int64_t year_of_era = year - era * 400;
  const int64_t month = (date.month + 9) % 12;  // March is 0.
  const int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
  const int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * kDaysOfEra + day_of_era - kDaysBefore1970;
}

Date DateOf(int64_t days_since_1970) {
  const int64_t days = days_since_1970 + kDaysBefore1970;
  const int64_t era = FloorDiv(days, kDaysOfEra);
  const int64_t day_of_era = days - era * kDaysOfEra;
  const int64_t year_of_era = (day_of_era - day_of_era / 1460 +
                               day_of_era / 36'524 - day_of_era / 146'096) /
                              365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month = (5 * day_of_year + 2) / 153;
  Date date;
  date.day = day_of_year - (153 * month + 2) / 5 + 1;
  date.month = month < 10 ? month + 3 : month - 9;
  date.year = year_of_era + era * 400 + (date.month <= 2 ? 1 : 0);
  return date;
}

int64_t DaysOfMonth(int64_t year, int64_t month) {
  constexpr int64_t kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return kDays[month - 1] + (month == 2 && leap ? 1 : 0);
}

// Takes pieces off the front of a text; once one is missing, `ok` stays false.
struct Scanner {
  std::string_view text;
  bool ok = true;

  bool TakeOneOf(std::string_view chars) {
    if (text.empty() || chars.find(text.front()) == chars.npos) return false;
    text.remove_prefix(1);
    return true;
  }

  void Expect(std::string_view chars) { ok = TakeOneOf(chars) && ok; }

  int64_t Digits(size_t least, size_t most) {
    int64_t value = 0;
    size_t count = 0;
    while (count < most && !text.empty() && text[0] >= '0' && text[0] <= '9') {
      value = value * 10 + (text[0] - '0');
      text.remove_prefix(1);
      ++count;
    }
    ok = ok && count >= least;
    return value;
  }
};

int64_t TakeYear(Scanner& in) {
  if (in.TakeOneOf("+")) return in.Digits(5, 6);
  if (in.TakeOneOf("-")) return -in.Digits(4, 6);
  return in.Digits(4, 4);
}

int64_t TakeFraction(Scanner& in) {
  if (!in.TakeOneOf(".")) return 0;
  const size_t before = in.text.size();
  int64_t micros = in.Digits(1, 6);
  for (size_t n = before - in.text.size(); n < 6; ++n) micros *= 10;
  return micros;
}

// Seconds to take off to get UTC.
int64_t TakeOffset(Scanner& in) {
  if (in.TakeOneOf("Zz")) return 0;
  const bool west = in.TakeOneOf("-");
  if (!west) in.Expect("+");
  const int64_t hours = in.Digits(2, 2);
  in.Expect(":");
  const int64_t minutes = in.Digits(2, 2);
  in.ok = in.ok && hours <= 23 && minutes <= 59;
  return (west ? -1 : 1) * (hours * 3600 + minutes * 60);
}

}  // namespace

absl::StatusOr<int64_t> ParseTimestamp(std::string_view text) {
  Scanner in{text};
  Date date;
  date.year = TakeYear(in);
  in.Expect("-");
  date.month = in.Digits(2, 2);
  in.Expect("-");
  date.day = in.Digits(2, 2);
  in.Expect("Tt ");
  const int64_t hour = in.Digits(2, 2);
  in.Expect(":");
  const int64_t minute = in.Digits(2, 2);
  in.Expect(":");
  const int64_t second = in.Digits(2, 2);
  const int64_t micros = TakeFraction(in);
  const int64_t offset = TakeOffset(in);
  if (!in.ok || !in.text.empty()) {
    return InvalidArgument(
        "'{}' is not a timestamp; write one as RFC 3339 with a zone and at "
        "most 6 fraction digits, such as 2013-12-31T23:59:59Z",
        Shortened(text));
  }
  if (date.month < 1 || date.month > 12 || date.day < 1 ||
      date.day > DaysOfMonth(date.year, date.month) || hour > 23 ||
      minute > 59 || second > 59) {
    return InvalidArgument(
        "'{}' is not a timestamp: there is no such {}", text,
        hour > 23 || minute > 59 || second > 59 ? "time" : "day");
  }
  const __int128 total =
      static_cast<__int128>(DaysSince1970(date)) * kDay +
      (hour * 3600 + minute * 60 + second - offset) * kSecond + micros;
  if (total != static_cast<int64_t>(total)) {
    return InvalidArgument(
        "'{}' is out of the range of microseconds in 64 bits", text);
  }
  return static_cast<int64_t>(total);
}

std::string FormatTimestamp(int64_t micros) {
  const int64_t days = FloorDiv(micros, kDay);
  // Not micros - days * kDay: near the smallest int64 that product overflows.
  const int64_t rest = micros % kDay < 0 ? micros % kDay + kDay : micros % kDay;
  const Date date = DateOf(days);
  std::string year = fmt::format("{:04}", date.year);
  if (date.year > 9999) year = fmt::format("{:+06}", date.year);
  if (date.year < 0) year = fmt::format("-{:05}", -date.year);
  const int64_t seconds = rest / kSecond;
  std::string fraction;
  if (rest % kSecond != 0) {
    fraction = fmt::format(".{:06}", rest % kSecond);
    fraction.erase(fraction.find_last_not_of('0') + 1);
  }
  return fmt::format("{}-{:02}-{:02}T{:02}:{:02}:{:02}{}Z", year, date.month,
                     date.day, seconds / 3600, seconds / 60 % 60, seconds % 60,
                     fraction);
}

}  // namespace freshet
