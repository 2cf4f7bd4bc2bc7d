// SPDX-License-Identifier: Apache-2.0
#include "loader/rows/time_zone.h"

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "base/check.h"
#include "base/error.h"

namespace freshet {

struct TimeZone::Zone {
  absl::TimeZone zone;
};

TimeZone::TimeZone(std::unique_ptr<Zone> zone) : zone_(std::move(zone)) {}
TimeZone::~TimeZone() = default;
TimeZone::TimeZone(TimeZone&&) noexcept = default;
TimeZone& TimeZone::operator=(TimeZone&&) noexcept = default;

absl::StatusOr<TimeZone> TimeZone::Load(const std::string& name) {
  auto zone = std::make_unique<Zone>();
  if (!absl::LoadTimeZone(name, &zone->zone)) {
    return InvalidArgument(
        "zone '{}' is not in this machine's time zone database; use an IANA "
        "name such as America/New_York or UTC, and see that the package "
        "tzdata is installed",
        name);
  }
  return TimeZone(std::move(zone));
}

int64_t TimeZone::ToUtcMicros(int64_t local_micros) const {
  int64_t seconds = local_micros / 1'000'000;
  int64_t fraction = local_micros % 1'000'000;
  if (fraction < 0) {
    fraction += 1'000'000;
    --seconds;
  }
  const absl::CivilSecond local = absl::CivilSecond(1970, 1, 1) + seconds;
  const absl::TimeZone::TimeInfo at = zone_->zone.At(local);
  const absl::Time moment =
      at.kind == absl::TimeZone::TimeInfo::REPEATED ? at.post : at.pre;
  return absl::ToUnixMicros(moment) + fraction;
}

int64_t TimeZone::StartOfDayMicros(int64_t days) const {
  const absl::CivilSecond midnight(absl::CivilDay(1970, 1, 1) + days);
  const absl::TimeZone::TimeInfo at = zone_->zone.At(midnight);
  // Where midnight itself is skipped, the day begins at the change.
  return absl::ToUnixMicros(
      at.kind == absl::TimeZone::TimeInfo::SKIPPED ? at.trans : at.pre);
}

int64_t TimeRules::DayMicros(int64_t days) const {
  CHECK(zone != nullptr && at_day != DayPoint::kNone);
  return zone->StartOfDayMicros(at_day == DayPoint::kEndOfDay ? days + 1
                                                              : days);
}

}  // namespace freshet
