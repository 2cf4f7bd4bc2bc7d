// SPDX-License-Identifier: Apache-2.0
// freshet-load: one load, told by one line on standard input and reported line
// by line on standard output (storage/protocol/load_protocol.h); or, told so by
// that line, the watcher of all sources (storage/protocol/watch_protocol.h), or
// the reader of a file of events (features/event_files/event_file_order.h), or
// the writer of files of events (storage/protocol/export_protocol.h).
// Started by freshetd, and by `freshet push`; not meant for people.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <string>

#include "features/event_files/event_file_order.h"
#include "loader/events/give_events.h"
#include "loader/load_process.h"
#include "loader/log_export/export_log.h"
#include "loader/sandbox.h"
#include "loader/stdin_watch.h"
#include "loader/watch/run_watcher.h"
#include "storage/protocol/export_protocol.h"
#include "storage/protocol/watch_protocol.h"

namespace freshet {
namespace {

int Main() {
  ::signal(SIGPIPE, SIG_DFL);
  KeepAddressSpaceSmall();
  const std::string line = ReadLine(STDIN_FILENO).value_or("");
  absl::Status done;
  if (IsWatchOrder(line)) {
    done = RunWatcher(line, STDIN_FILENO, STDOUT_FILENO);
  } else if (IsEventFileOrder(line)) {
    done = GiveEvents(line, STDIN_FILENO, STDOUT_FILENO);
  } else if (IsExportOrder(line)) {
    done = RunExport(line, STDIN_FILENO, STDOUT_FILENO);
  } else {
    return RunLoadProcess(line);
  }
  if (!done.ok()) fmt::print(stderr, "{}\n", done.ToString());
  return done.ok() ? 0 : 1;
}

}  // namespace
}  // namespace freshet

#ifdef __SANITIZE_ADDRESS__
// The leak check at exit stops the process by ptrace, which the sandbox denies;
// the tests of loader/ look for leaks in their own process.
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }
#endif

int main() { return freshet::Main(); }
