// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "base/file.h"
#include "storage/protocol/load_protocol.h"

namespace freshet {

// The loader: freshet-load as a child process that builds one version, or ends
// with an error that says what to do about it. Whatever the
// child does (dies, hangs, floods, babbles, runs out of memory) is an error
// here and nothing more.
//
// Run blocks; Cancel may come from any thread, before, during or after it, and
// counts for each later one.
class LoaderProcess {
 public:
  struct Options {
    std::string executable;
    // Killed after so long without progress. Records alone are none: see
    // LoaderConversation::advances.
    std::chrono::milliseconds idle_timeout{300'000};
    // Between SIGTERM and SIGKILL when cancelled.
    std::chrono::milliseconds term_grace{5'000};
  };
  // Told of each record; an error ends the loader and becomes Run's.
  using OnProgress = std::function<absl::Status(const LoadProgress&)>;

  explicit LoaderProcess(Options options);

  // OK only if the child said `built` and exited with 0. Its own error is
  // returned as it is. CANCELLED, DEADLINE_EXCEEDED (hung), RESOURCE_EXHAUSTED
  // (memory, CPU), ABORTED (killed from outside), INTERNAL (crashed, or broke
  // the protocol) end with the last of what it wrote to standard error.
  //
  // Requires: the calling thread lives as long as the daemon (the loader dies
  // with it, see ChildProcess).
  absl::Status Run(const LoadSpec& spec, const OnProgress& on_progress);

  void Cancel();

 private:
  const Options options_;
  const UniqueFd cancelled_;  // An eventfd.
};

}  // namespace freshet
