// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "config/definitions.h"

namespace freshet {

// Turns local dates and times of one zone into moments (docs/semantics.md,
// rule 3), by the machine's IANA database. Immutable; safe from any thread.
//
// Where the clock is put forward, a time that does not exist is read by the
// offset before the change (02:30 in New York on 2013-03-10 is 03:30 there).
// Where it is put back, a time that occurs twice is the later of the two, so
// that no row claims to have been known before it was.
class TimeZone {
 public:
  // INVALID_ARGUMENT if the machine does not know `name`.
  static absl::StatusOr<TimeZone> Load(const std::string& name);
  ~TimeZone();
  TimeZone(TimeZone&&) noexcept;
  TimeZone& operator=(TimeZone&&) noexcept;

  // `local_micros`: the wall clock's reading, counted as if it were UTC.
  int64_t ToUtcMicros(int64_t local_micros) const;

  // The first moment of the day that is `days` after 1970-01-01.
  int64_t StartOfDayMicros(int64_t days) const;

 private:
  struct Zone;
  explicit TimeZone(std::unique_ptr<Zone> zone);

  std::unique_ptr<Zone> zone_;
};

// How dates and times without zone become moments: from BatchSource, or what
// else says so.
struct TimeRules {
  const TimeZone* zone = nullptr;  // Null: not given.
  DayPoint at_day = DayPoint::kNone;
  // What stands before `zone` and `at` where people give them, for messages.
  std::string_view given_by = "source.";

  // Requires: zone is given and at_day is not kNone. The end of a day is the
  // first moment of the next.
  int64_t DayMicros(int64_t days) const;
};

// Days and microseconds beyond these are refused before they are converted:
// years 1 to 9999.
inline constexpr int64_t kDaysMin = -719162;
inline constexpr int64_t kDaysMax = 2932896;
inline constexpr int64_t kMicrosPerDay = 86'400'000'000;
inline constexpr int64_t kMicrosMin = kDaysMin * kMicrosPerDay;
inline constexpr int64_t kMicrosMax = (kDaysMax + 1) * kMicrosPerDay - 1;

}  // namespace freshet
