// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "config/settings.h"

namespace freshet {

class Clock;
class Store;
struct ReloadState;

// Reads the daemon's file again, on SIGHUP or an operator's call: applies what
// settings can change in a running daemon, says which need a restart, and
// applies the definitions if the file changed. A broken file changes nothing.
// Safe to use from any thread; one reload at a time.
class Reloader {
 public:
  struct Parts {
    std::string config_path;
    std::vector<std::string> sets;  // --set; they win over the file again.
    Store* store;
    const Clock* clock;
    ReloadState* state;
    // Called with the settings that now hold.
    std::function<void(const Settings&)> apply;
  };
  // `settings`: those of the file as it was at the start, before sizing.
  Reloader(Parts parts, Settings settings);

  // What happened, a sentence each. INVALID_ARGUMENT: the file is broken.
  absl::StatusOr<std::vector<std::string>> Reload();

 private:
  absl::StatusOr<std::vector<std::string>> ReloadLocked()
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const Parts parts_;
  Mutex mu_;
  Settings settings_ ABSL_GUARDED_BY(mu_);
};

// Whether a running daemon can take a change of this setting.
bool IsReloadable(const std::string& setting);

}  // namespace freshet
