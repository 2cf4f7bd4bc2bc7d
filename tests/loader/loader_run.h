// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/file.h"
#include "storage/protocol/load_protocol.h"

namespace freshet {

// The program freshet-load, run as the daemon runs it. Not thread-safe.
class LoaderRun {
 public:
  // Starts it and writes `first_line` and a newline to its standard input.
  explicit LoaderRun(const std::string& first_line);
  explicit LoaderRun(const LoadSpec& spec);
  // Kills it if it still runs.
  ~LoaderRun();
  LoaderRun(const LoaderRun&) = delete;
  LoaderRun& operator=(const LoaderRun&) = delete;

  pid_t pid() const { return pid_; }

  // The next record; NOT_FOUND at the end of its output.
  absl::StatusOr<LoadProgress> Next();
  // Reads records until one of `phase`; false if the output ends first.
  bool ReadUntil(LoadPhase phase);
  // All that is left.
  std::vector<LoadProgress> ReadAll();

  void CloseInput();
  // The exit code, or minus the signal. Blocks.
  int Wait();

 private:
  UniqueFd input_;   // Its standard input.
  UniqueFd output_;  // Its standard output.
  pid_t pid_ = -1;
  std::string buffer_;
};

}  // namespace freshet
