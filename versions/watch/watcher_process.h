// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/child_process.h"
#include "storage/protocol/watch_protocol.h"

namespace freshet {

// freshet-load as the child process that watches all sources, confined like a
// load. Not thread-safe.
class WatcherProcess {
 public:
  using OnSighting = std::function<void(const Sighting&)>;

  // Requires: the calling thread lives as long as the watcher is to.
  static absl::StatusOr<WatcherProcess> Start(const std::string& executable,
                                              const WatchOrder& order);

  // For poll(): readable when Hear has something to do. The child's output,
  // its errors, and its end.
  int output() const { return child_.output(); }
  int errors() const { return child_.errors(); }
  int pidfd() const { return child_.pidfd(); }

  // False: the watcher does not read; it looks when its time has come.
  bool Wake(const WatchWake& wake);

  // Takes what it has said; does not wait. Not OK once it has ended or broken
  // the protocol, with its last words: then it is to be destroyed.
  absl::Status Hear(const OnSighting& on_sighting);

 private:
  explicit WatcherProcess(ChildProcess child);

  absl::Status TakeOutput(std::string_view bytes,
                          const OnSighting& on_sighting);

  ChildProcess child_;
  std::string line_;  // The unfinished one.
  std::string tail_;  // Of its standard error.
};

}  // namespace freshet
