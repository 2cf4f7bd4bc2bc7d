// SPDX-License-Identifier: Apache-2.0
// Preloaded, it moves a process's clock of the day by FRESHET_SKEW_S seconds,
// as on a machine whose clock is wrong. What measures durations stays right.
#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>

#include <cstdlib>

namespace {

using GetTime = int (*)(clockid_t, timespec*);

time_t Skew() {
  static const time_t skew = [] {
    const char* text = std::getenv("FRESHET_SKEW_S");
    return text == nullptr ? 0 : std::strtol(text, nullptr, 10);
  }();
  return skew;
}

GetTime Original() {
  static const auto original =
      reinterpret_cast<GetTime>(::dlsym(RTLD_NEXT, "clock_gettime"));
  return original;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* out) noexcept {
  const int result = Original()(clock, out);
  if (result == 0 &&
      (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    out->tv_sec += Skew();
  }
  return result;
}

int gettimeofday(timeval* out, void*) noexcept {
  timespec now;
  const int result = ::clock_gettime(CLOCK_REALTIME, &now);
  out->tv_sec = now.tv_sec;
  out->tv_usec = now.tv_nsec / 1000;
  return result;
}

time_t time(time_t* out) noexcept {
  timespec now;
  ::clock_gettime(CLOCK_REALTIME, &now);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}

}  // extern "C"
