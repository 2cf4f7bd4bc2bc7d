// SPDX-License-Identifier: Apache-2.0
// freshet-load: one load, told by one line on standard input and reported line
// by line on standard output (storage/protocol/load_protocol.h); or, told so by
// that line, the watcher of all sources (storage/protocol/watch_protocol.h).
// Started by freshetd; not meant for people.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <string>

#include "base/error.h"
#include "base/file.h"
#include "base/status.h"
#include "config/object_url.h"
#include "loader/load.h"
#include "loader/progress_reporter.h"
#include "loader/remote/object_store.h"
#include "loader/sandbox.h"
#include "loader/stdin_watch.h"
#include "loader/watch/run_watcher.h"
#include "storage/protocol/load_protocol.h"
#include "storage/protocol/watch_protocol.h"

namespace freshet {
namespace {

absl::Status LockAndLoad(const LoadSpec& spec, ProgressReporter& progress) {
  ASSIGN_OR_RETURN(const FileLock lock,
                   FileLock::Acquire(spec.building_dir + "/LOCK"));
  return RunLoad(spec, progress);
}

// EnterSandbox must come before any thread, so before the reporter.
absl::StatusOr<LoadSpec> Prepare(const std::string& line) {
  ASSIGN_OR_RETURN(const LoadSpec spec, ParseLoadSpec(line));
  SandboxOptions sandbox;
  sandbox.memory_max_bytes = spec.memory_max_bytes;
  sandbox.cpu_max_s = spec.cpu_max_s;
  sandbox.network = IsUrl(spec.source.path);
  RETURN_IF_ERROR(EnterSandbox(sandbox));
  return spec;
}

int Load(const std::string& line) {
  const absl::StatusOr<LoadSpec> spec = Prepare(line);
  ProgressReporter progress(STDOUT_FILENO);
  absl::Status result = spec.status();
  if (spec.ok()) {
    ExitAtEndOf(STDIN_FILENO);
    result = LockAndLoad(*spec, progress);
  }
  progress.Finish(result);
  EndObjectStores();
  return result.ok() ? 0 : 1;
}

int Main() {
  ::signal(SIGPIPE, SIG_DFL);
  KeepAddressSpaceSmall();
  const absl::StatusOr<std::string> line = ReadLine(STDIN_FILENO);
  if (!line.ok() || !IsWatchOrder(*line)) return Load(line.value_or(""));
  const absl::Status failed = RunWatcher(*line, STDIN_FILENO, STDOUT_FILENO);
  fmt::print(stderr, "{}\n", failed.ToString());
  return 1;
}

}  // namespace
}  // namespace freshet

#ifdef __SANITIZE_ADDRESS__
// The leak check at exit stops the process by ptrace, which the sandbox denies;
// the tests of loader/ look for leaks in their own process.
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }
#endif

int main() { return freshet::Main(); }
