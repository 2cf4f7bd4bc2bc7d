// SPDX-License-Identifier: Apache-2.0
#include "base/child_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/status.h"

namespace freshet {
namespace {

constexpr int kNice = 10;
// The kernel's names; its header is not C++ in every release of Debian 12.
constexpr int kIoprioWhoProcess = 1;                    // IOPRIO_WHO_PROCESS
constexpr int kIoprioLowestBestEffort = (2 << 13) | 7;  // IOPRIO_CLASS_BE, 7
// Above the three standard streams, the report of a failed exec, and anything
// that dup2 below could overwrite.
constexpr int kLowestFd = 10;
constexpr int kReportFd = 3;

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

absl::StatusOr<UniqueFd> MoveUp(UniqueFd fd) {
  const int moved = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, kLowestFd);
  if (moved < 0) return ErrnoError("cannot duplicate", "a pipe", errno);
  return UniqueFd(moved);
}

// For the child's standard input a pair of sockets: a write to a child that is
// gone can then be EPIPE instead of SIGPIPE.
absl::StatusOr<Pipe> MakePipe(bool sockets = false) {
  int fds[2];
  const int made =
      sockets ? ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds)
              : ::pipe2(fds, O_CLOEXEC);
  if (made != 0) return ErrnoError("cannot make", "a pipe", errno);
  UniqueFd read(fds[0]);
  UniqueFd write(fds[1]);
  Pipe pipe;
  ASSIGN_OR_RETURN(pipe.read, MoveUp(std::move(read)));
  ASSIGN_OR_RETURN(pipe.write, MoveUp(std::move(write)));
  return pipe;
}

void SetLimit(int resource, int64_t value) {
  if (value <= 0) return;
  rlimit limit;
  limit.rlim_cur = static_cast<rlim_t>(value);
  limit.rlim_max = static_cast<rlim_t>(value);
  // SIGXCPU comes at the soft limit, SIGKILL at the hard one.
  if (resource == RLIMIT_CPU) limit.rlim_max += 5;
  ::setrlimit(static_cast<__rlimit_resource>(resource), &limit);
}

// Everything that the child needs, made before vfork: between it and exec only
// system calls are allowed.
struct Plan {
  const ChildOptions* options;
  char* const* argv;
  int input;
  int output;
  int errors;
  int report;
  pid_t parent;
  const sigset_t* mask;
};

[[noreturn]] void RunChild(const Plan& plan) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != plan.parent) ::_exit(127);  // It died in between.
  ::setpriority(PRIO_PROCESS, 0, kNice);
  ::syscall(SYS_ioprio_set, kIoprioWhoProcess, 0, kIoprioLowestBestEffort);
  SetLimit(RLIMIT_AS, plan.options->memory_max_bytes);
  SetLimit(RLIMIT_CPU, plan.options->cpu_max_s);
  ::dup2(plan.input, 0);
  ::dup2(plan.output, 1);
  ::dup2(plan.errors, 2);
  ::dup3(plan.report, kReportFd, O_CLOEXEC);
  ::close_range(kReportFd + 1, ~0U, 0);
  // gRPC ignores SIGPIPE, and what is ignored stays so across exec.
  struct sigaction act = {};
  act.sa_handler = SIG_DFL;
  ::sigaction(SIGPIPE, &act, nullptr);
  ::sigprocmask(SIG_SETMASK, plan.mask, nullptr);
  ::execv(plan.argv[0], plan.argv);
  const int error = errno;
  if (::write(kReportFd, &error, sizeof(error)) < 0) ::_exit(126);
  ::_exit(127);
}

// vfork, not fork: a daemon with gigabytes of cache would copy its page tables
// and then fault on every write until the child has its own image. RunChild
// keeps vfork's rules, which clang-tidy cannot see.
pid_t Start(const Plan& plan) {
  // NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.vfork)
  const pid_t pid = ::vfork();
  // NOLINTNEXTLINE(clang-analyzer-unix.Vfork)
  if (pid == 0) RunChild(plan);
  return pid;
}

absl::Status ExecError(const std::string& executable, int report) {
  int error = 0;
  ssize_t n;
  do {
    n = ::read(report, &error, sizeof(error));
  } while (n < 0 && errno == EINTR);
  if (n != sizeof(error)) return absl::OkStatus();
  return ErrnoError("cannot run the loader", executable, error);
}

}  // namespace

absl::StatusOr<ChildProcess> ChildProcess::Spawn(const ChildOptions& options) {
  ASSIGN_OR_RETURN(Pipe input, MakePipe(true));
  ASSIGN_OR_RETURN(Pipe output, MakePipe());
  ASSIGN_OR_RETURN(Pipe errors, MakePipe());
  ASSIGN_OR_RETURN(Pipe report, MakePipe());
  std::string name = options.executable;
  char* const argv[] = {name.data(), nullptr};

  // No handler of the daemon's may run in the child while both share memory.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const Plan plan{&options,           argv,
                  input.read.get(),   output.write.get(),
                  errors.write.get(), report.write.get(),
                  ::getpid(),         &before};
  ChildProcess child;
  child.pid_ = Start(plan);
  const int fork_error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (child.pid_ < 0) {
    return ErrnoError("cannot fork for", options.executable, fork_error);
  }

  report.write.Reset();
  RETURN_IF_ERROR(ExecError(options.executable, report.read.get()));
  // Not glibc's pidfd_open: the header of 2.36 lacks its extern "C".
  child.pidfd_ =
      UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, child.pid_, 0)));
  if (!child.pidfd_.ok()) {
    return ErrnoError("cannot watch", options.executable, errno);
  }
  child.input_ = std::move(input.write);
  child.output_ = std::move(output.read);
  child.errors_ = std::move(errors.read);
  for (const int fd : {child.input(), child.output(), child.errors()}) {
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
  }
  return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      input_(std::move(other.input_)),
      output_(std::move(other.output_)),
      errors_(std::move(other.errors_)),
      pidfd_(std::move(other.pidfd_)) {}

ChildProcess::~ChildProcess() {
  if (pid_ > 0) Wait();
}

void ChildProcess::Signal(int signal) const { ::kill(-pid_, signal); }

ChildEnd ChildProcess::Wait() {
  CHECK(pid_ > 0);
  // Not yet reaped, so neither the pid nor the group can be another's.
  Signal(SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  ChildEnd end;
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
  return end;
}

}  // namespace freshet
