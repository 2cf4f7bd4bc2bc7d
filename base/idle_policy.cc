// SPDX-License-Identifier: Apache-2.0
#include "base/idle_policy.h"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace freshet {

void BecomeIdle() {
  constexpr int kWhoProcess = 1;       // IOPRIO_WHO_PROCESS; of 0: this thread.
  constexpr int kIdleClass = 3 << 13;  // IOPRIO_CLASS_IDLE
  // By its niceness alone it would keep a core for its slice, some
  // milliseconds, while a request waits; of idle policy it is preempted at
  // once.
  const sched_param none{};
  ::sched_setscheduler(0, SCHED_IDLE, &none);
  ::syscall(SYS_ioprio_set, kWhoProcess, 0, kIdleClass);
}

}  // namespace freshet
