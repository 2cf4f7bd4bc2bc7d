// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <utility>

namespace freshet {

// Where a command reads and writes: the real streams, or a test's.
struct Terminal {
  std::FILE* in;
  std::FILE* out;
  std::FILE* err;
  bool interactive = false;  // A person sits there: progress bars, questions.
  bool colour = false;

  // What could not be written is left to RunCli to notice, by ferror.
  template <typename... Args>
  void Print(fmt::format_string<Args...> format, Args&&... args) const {
    Write(out, fmt::format(format, std::forward<Args>(args)...));
  }
  template <typename... Args>
  void Error(fmt::format_string<Args...> format, Args&&... args) const {
    std::fflush(out);
    Write(err, fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  static void Write(std::FILE* file, const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), file);
  }
};

// Codes that `freshet` ends with: docs/cli.md lists them for scripts.
enum ExitCode : int {
  kOk = 0,
  kFailed = 1,        // The daemon refused or the thing failed.
  kHeld = 2,          // A load made a version that was to serve and does not.
  kUsage = 64,        // Wrong words on the command line.
  kBadFile = 65,      // A definition file with problems, or one of events.
  kNoFile = 66,       // A file that cannot be read.
  kUnreachable = 69,  // No daemon answers.
  kTryAgain = 75,     // Timed out, overloaded, busy, or a plan out of date.
};

}  // namespace freshet
