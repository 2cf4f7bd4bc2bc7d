// SPDX-License-Identifier: Apache-2.0
#include "tests/loader/loader_run.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/error.h"

namespace freshet {

LoaderRun::LoaderRun(const std::string& first_line) {
  int in[2];
  int out[2];
  CHECK(::pipe2(in, O_CLOEXEC) == 0 && ::pipe2(out, O_CLOEXEC) == 0);
  input_ = UniqueFd(in[1]);
  output_ = UniqueFd(out[0]);
  pid_ = ::fork();
  CHECK(pid_ >= 0);
  if (pid_ == 0) {
    ::dup2(in[0], STDIN_FILENO);
    ::dup2(out[1], STDOUT_FILENO);
    ::execl(FRESHET_LOADER_PATH, "freshet-load", nullptr);
    ::_exit(127);
  }
  ::close(in[0]);
  ::close(out[1]);
  const std::string line = first_line + "\n";
  CHECK(::write(input_.get(), line.data(), line.size()) ==
        static_cast<ssize_t>(line.size()));
}

LoaderRun::LoaderRun(const LoadSpec& spec)
    : LoaderRun(SerializeLoadSpec(spec)) {}

LoaderRun::~LoaderRun() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  Wait();
}

absl::StatusOr<LoadProgress> LoaderRun::Next() {
  for (;;) {
    const size_t end = buffer_.find('\n');
    if (end != std::string::npos) {
      const std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return ParseLoadProgress(line);
    }
    char bytes[4096];
    const ssize_t n = ::read(output_.get(), bytes, sizeof(bytes));
    if (n <= 0) return NotFound("no more records; left over: '{}'", buffer_);
    buffer_.append(bytes, static_cast<size_t>(n));
  }
}

bool LoaderRun::ReadUntil(LoadPhase phase) {
  for (;;) {
    const auto progress = Next();
    if (!progress.ok()) return false;
    if (progress->phase == phase) return true;
  }
}

std::vector<LoadProgress> LoaderRun::ReadAll() {
  std::vector<LoadProgress> all;
  for (;;) {
    auto progress = Next();
    if (!progress.ok()) return all;
    all.push_back(*std::move(progress));
  }
}

void LoaderRun::CloseInput() { input_.Reset(); }

int LoaderRun::Wait() {
  int status = 0;
  CHECK(::waitpid(pid_, &status, 0) == pid_);
  pid_ = -1;
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace freshet
