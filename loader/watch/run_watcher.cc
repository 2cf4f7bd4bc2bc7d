// SPDX-License-Identifier: Apache-2.0
#include "loader/watch/run_watcher.h"

#include <unistd.h>

#include "base/file.h"
#include "base/status.h"
#include "config/object_url.h"
#include "loader/sandbox.h"
#include "loader/stdin_watch.h"
#include "loader/watch/watcher.h"
#include "storage/protocol/watch_protocol.h"

namespace freshet {

absl::Status RunWatcher(const std::string& line, int in, int out) {
  ASSIGN_OR_RETURN(const WatchOrder order, ParseWatchOrder(line));
  SandboxOptions sandbox;
  sandbox.memory_max_bytes = order.memory_max_bytes;
  for (const WatchedSource& watched : order.sources) {
    sandbox.network = sandbox.network || IsUrl(watched.source.path);
  }
  RETURN_IF_ERROR(EnterSandbox(sandbox));
  Watcher watcher(order, [out](const Sighting& sighting) {
    // Nobody to tell: the daemon is gone.
    if (!WriteAll(out, SerializeSighting(sighting), "pipe").ok()) ::_exit(1);
  });
  for (;;) {
    const absl::StatusOr<std::string> told = ReadLine(in);
    if (!told.ok()) ::_exit(0);  // A look that hangs must not keep it.
    const absl::StatusOr<WatchWake> wake = ParseWatchWake(*told);
    if (wake.ok()) watcher.Wake(*wake);
  }
}

}  // namespace freshet
