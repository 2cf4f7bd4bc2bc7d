// SPDX-License-Identifier: Apache-2.0
#include "loader/load_process.h"

#include <unistd.h>

#include "base/file.h"
#include "base/status.h"
#include "config/object_url.h"
#include "loader/load.h"
#include "loader/progress_reporter.h"
#include "loader/remote/object_store.h"
#include "loader/sandbox.h"
#include "loader/stdin_watch.h"
#include "storage/protocol/load_protocol.h"

namespace freshet {
namespace {

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

}  // namespace

int RunLoadProcess(const std::string& line) {
  const absl::StatusOr<LoadSpec> spec = Prepare(line);
  ProgressReporter progress(STDOUT_FILENO);
  absl::Status result = spec.status();
  if (spec.ok()) {
    ExitAtEndOf(STDIN_FILENO);
    const auto lock = FileLock::Acquire(spec->building_dir + "/LOCK");
    result = lock.ok() ? RunLoad(*spec, progress) : lock.status();
  }
  progress.Finish(result);
  EndObjectStores();
  return result.ok() ? 0 : 1;
}

}  // namespace freshet
