// SPDX-License-Identifier: Apache-2.0
#include "loader/sandbox.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/idle_policy.h"
#include "base/status.h"

namespace freshet {
namespace {

#if defined(__x86_64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "name the architecture's AUDIT_ARCH_ here"
#endif

// A sanitizer's shadow takes terabytes of address space, which no limit on it
// would leave.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kLimitsAddressSpace = false;
#else
constexpr bool kLimitsAddressSpace = true;
#endif

// System calls of the x32 ABI: the same functions under other numbers.
constexpr uint32_t kX32Bit = 0x40000000;

constexpr size_t kThreadStackBytes = 1 << 20;

// What reading files, sorting and building a database never needs.
constexpr long kDenied[] = {
    SYS_bind,
    SYS_listen,
    SYS_accept4,
    SYS_execve,
    SYS_execveat,
    SYS_ptrace,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_setns,
    SYS_unshare,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    SYS_init_module,
    SYS_finit_module,
    SYS_kexec_load,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_io_uring_setup,  // Its operations would pass this filter by.
    SYS_userfaultfd,
    SYS_open_by_handle_at,
    // The daemon runs as the same user, and ends a load by its process group.
    SYS_kill,
    SYS_tkill,
    SYS_rt_sigqueueinfo,
    SYS_rt_tgsigqueueinfo,
    SYS_pidfd_open,
    SYS_pidfd_getfd,
    SYS_pidfd_send_signal,
    SYS_setrlimit,
    SYS_setsid,
    SYS_setpgid,
#ifdef SYS_fork
    SYS_fork,
    SYS_vfork,
#endif
};

// What only a snapshot in an object store needs.
constexpr long kNetwork[] = {SYS_socket, SYS_socketpair, SYS_connect};

sock_filter Load(size_t offset) {
  return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset));
}

sock_filter Return(uint32_t action) {
  return BPF_STMT(BPF_RET | BPF_K, action);
}

sock_filter JumpIf(uint16_t test, uint32_t value, uint8_t then,
                   uint8_t otherwise) {
  return BPF_JUMP(BPF_JMP | test | BPF_K, value, then, otherwise);
}

constexpr uint32_t kDeny = SECCOMP_RET_ERRNO | EPERM;

// Where the halves of a system call's argument stand: low word first.
constexpr size_t Argument(size_t i, bool high = false) {
  return offsetof(seccomp_data, args) + i * sizeof(uint64_t) + (high ? 4 : 0);
}

// Puts `verdict`, which must end in a Return, where the call is `number`.
void Judge(long number, const std::vector<sock_filter>& verdict,
           std::vector<sock_filter>* program) {
  program->push_back(JumpIf(BPF_JEQ, static_cast<uint32_t>(number), 0,
                            static_cast<uint8_t>(verdict.size())));
  program->insert(program->end(), verdict.begin(), verdict.end());
}

// Calls that the loader's libraries need for the process itself.
void JudgeByArguments(std::vector<sock_filter>* program) {
  const sock_filter allow = Return(SECCOMP_RET_ALLOW);
  const sock_filter deny = Return(kDeny);
  // abort() and raise() signal the own process.
  Judge(SYS_tgkill,
        {Load(Argument(0)),
         JumpIf(BPF_JEQ, static_cast<uint32_t>(::getpid()), 0, 1), allow, deny},
        program);
  // Threads, not processes. What clone3 is to do cannot be seen here; the C
  // library then asks clone.
  Judge(SYS_clone,
        {Load(Argument(0)), JumpIf(BPF_JSET, CLONE_THREAD, 0, 1), allow, deny},
        program);
  Judge(SYS_clone3, {Return(SECCOMP_RET_ERRNO | ENOSYS)}, program);
  // The own limits may be asked for.
  Judge(SYS_prlimit64,
        {Load(Argument(0)), JumpIf(BPF_JEQ, 0, 0, 5), Load(Argument(2)),
         JumpIf(BPF_JEQ, 0, 0, 3), Load(Argument(2, true)),
         JumpIf(BPF_JEQ, 0, 0, 1), allow, deny},
        program);
  // It shall die with the thread that started it, and stay hard to look into.
  Judge(SYS_prctl,
        {Load(Argument(0)), JumpIf(BPF_JEQ, PR_SET_PDEATHSIG, 2, 0),
         JumpIf(BPF_JEQ, PR_SET_DUMPABLE, 1, 0), allow, deny},
        program);
}

std::vector<sock_filter> FilterProgram(bool network) {
  std::vector<sock_filter> program = {
      Load(offsetof(seccomp_data, arch)), JumpIf(BPF_JEQ, kArchitecture, 1, 0),
      Return(SECCOMP_RET_KILL_PROCESS),   Load(offsetof(seccomp_data, nr)),
      JumpIf(BPF_JGE, kX32Bit, 0, 1),     Return(kDeny),
  };
  for (const long number : kDenied) {
    Judge(number, {Return(kDeny)}, &program);
  }
  for (const long number : kNetwork) {
    if (!network) Judge(number, {Return(kDeny)}, &program);
  }
  JudgeByArguments(&program);
  program.push_back(Return(SECCOMP_RET_ALLOW));
  return program;
}

absl::Status DenySystemCalls(bool network) {
  std::vector<sock_filter> program = FilterProgram(network);
  sock_fprog filter = {static_cast<uint16_t>(program.size()), program.data()};
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
    return ErrnoError("cannot set", "the system-call filter", errno);
  }
  return absl::OkStatus();
}

absl::Status Limit(__rlimit_resource resource, const char* name,
                   int64_t limit) {
  const rlimit both = {static_cast<rlim_t>(limit), static_cast<rlim_t>(limit)};
  if (::setrlimit(resource, &both) == 0) return absl::OkStatus();
  return ErrnoError("cannot set", name, errno);
}

void LowerPriority(bool idle) {
  if (idle) BecomeIdle();
  ::setpriority(PRIO_PROCESS, 0, 10);  // Best effort, too.
}

}  // namespace

void KeepAddressSpaceSmall() {
  ::mallopt(M_ARENA_MAX, 1);
  ::mallopt(M_MMAP_THRESHOLD, 1 << 20);
  ::setenv("ARROW_DEFAULT_MEMORY_POOL", "system", 1);
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setstacksize(&attributes, kThreadStackBytes);
  ::pthread_setattr_default_np(&attributes);
  ::pthread_attr_destroy(&attributes);
}

absl::Status EnterSandbox(const SandboxOptions& options) {
  // The daemon may have died before this call; then standard input is at its
  // end, which is watched.
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
      ::prctl(PR_SET_DUMPABLE, 0) != 0 ||
      ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return ErrnoError("cannot set", "process attributes", errno);
  }
  LowerPriority(options.idle);
  RETURN_IF_ERROR(Limit(RLIMIT_CORE, "RLIMIT_CORE", 0));
  if (kLimitsAddressSpace && options.memory_max_bytes > 0) {
    RETURN_IF_ERROR(Limit(RLIMIT_AS, "RLIMIT_AS", options.memory_max_bytes));
  }
  if (options.cpu_max_s > 0) {
    RETURN_IF_ERROR(Limit(RLIMIT_CPU, "RLIMIT_CPU", options.cpu_max_s));
  }
  return DenySystemCalls(options.network);
}

}  // namespace freshet
