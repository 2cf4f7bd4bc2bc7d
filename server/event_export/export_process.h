// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file.h"
#include "storage/protocol/export_protocol.h"

namespace freshet {

// freshet-load as the child process that writes events to files, confined like
// a load.
//
// Run blocks; Cancel may come from any thread, before, during or after it, and
// counts for each later one.
class ExportProcess {
 public:
  struct Options {
    std::string executable;
    // Killed after so long without progress.
    std::chrono::milliseconds idle_timeout{300'000};
  };
  explicit ExportProcess(Options options);

  // The child's last report, if that says that all is in files, else its own
  // error; or what became of it. CANCELLED: it was.
  //
  // Requires: the calling thread lives as long as the daemon (see
  // ChildProcess).
  absl::StatusOr<ExportReport> Run(const ExportOrder& order);

  void Cancel();

 private:
  const Options options_;
  const UniqueFd cancelled_;  // An eventfd.
};

}  // namespace freshet
