// SPDX-License-Identifier: Apache-2.0
// Preloaded, it moves a process's clock of the day by FRESHET_SKEW_S seconds,
// as on a machine whose clock is wrong. What measures durations stays right,
// and so does what waits until a time of day: to the kernel, whose clock is
// right, such a wait would end at once, or hours later.
#include <dlfcn.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#include <cstdarg>
#include <cstdlib>

namespace {

using GetTime = int (*)(clockid_t, timespec*);
using TimedWait = int (*)(pthread_cond_t*, pthread_mutex_t*, const timespec*);
using SystemCall = long (*)(long, ...);

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

// The kernel's name for a moment of this process's clock of the day. What is
// less than a year after 1970 is of a clock that starts with the machine.
timespec AsTheKernelSaysIt(timespec time) {
  constexpr time_t kYear = 365 * 24 * 3600;
  if (time.tv_sec > kYear) time.tv_sec -= Skew();
  return time;
}

}  // namespace

extern "C" {

int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                           const timespec* until) {
  // The one of before is of conditions of another layout.
  static const auto original = reinterpret_cast<TimedWait>(
      ::dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2"));
  const timespec time = AsTheKernelSaysIt(*until);
  return original(condition, mutex, &time);
}

// Abseil waits by a futex, to which libc has no function.
long syscall(long number, ...) noexcept {
  static const auto original =
      reinterpret_cast<SystemCall>(::dlsym(RTLD_NEXT, "syscall"));
  std::va_list list;
  va_start(list, number);
  long given[6];
  for (long& argument : given) argument = va_arg(list, long);
  va_end(list);
  timespec time;
  if (number == SYS_futex && (given[1] & FUTEX_CLOCK_REALTIME) != 0 &&
      given[3] != 0) {
    time = AsTheKernelSaysIt(*reinterpret_cast<const timespec*>(given[3]));
    given[3] = reinterpret_cast<long>(&time);
  }
  return original(number, given[0], given[1], given[2], given[3], given[4],
                  given[5]);
}

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
