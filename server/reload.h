// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "config/settings.h"
#include "server/live_settings.h"
#include "server/process/machine.h"

namespace freshet {

class Clock;
class Store;
struct ConfigFile;
struct ReloadState;

// At a start. A file that may not be applied (it removes a view, say) must not
// keep a daemon down that has definitions to serve by: that is only logged.
absl::Status ApplyOwnFile(Store& store, const ConfigFile& config,
                          ReloadState& reload);

// Reads the daemon's file again, on SIGHUP or an operator's call: applies what
// settings can change in a running daemon, says which need a restart, and
// applies the definitions if the file changed. A file that is broken, or whose
// settings do not fit the machine, changes nothing. Safe to use from any
// thread; one reload at a time.
class Reloader {
 public:
  struct Parts {
    std::string config_path;
    std::vector<std::string> sets;  // --set; they win over the file again.
    Machine machine;
    Store* store;
    const Clock* clock;
    ReloadState* state;
    LiveSettings* live;
    // Called after `live` has new settings, with them as sized.
    std::function<void(const Settings&)> apply;
  };
  explicit Reloader(Parts parts) : parts_(std::move(parts)) {}

  // What happened, a sentence each. INVALID_ARGUMENT: the file is broken.
  // FAILED_PRECONDITION: the machine is too small for its settings, or its
  // definitions cannot be applied.
  absl::StatusOr<std::vector<std::string>> Reload();

 private:
  absl::StatusOr<std::vector<std::string>> ReloadLocked()
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<HeldSettings> Fit(const Settings& file) const;

  const Parts parts_;
  Mutex mu_;
};

// Whether a running daemon can take a change of this setting.
bool IsReloadable(const std::string& setting);

// What holds after a reload: `running`, with the reloadable settings of `file`.
Settings WithReloadable(const Settings& running, const Settings& file);

}  // namespace freshet
