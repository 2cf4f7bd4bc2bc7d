// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "base/mutex.h"
#include "config/settings.h"
#include "versions/loads/layer_plan.h"
#include "versions/loads/load_run.h"
#include "versions/loads/loader_process.h"

namespace freshet {

// Folds versions that are laid over one another, one at a time, each by a
// loader process: the version that serves gives the same answers from fewer
// layers. Writes versions anew that have rows of what was forgotten. What
// replaces its directory is one commit of the catalog; the old one
// is removed a while later, as a load may be about to read it. Safe to use from
// any thread.
class Folder {
 public:
  struct Parts {
    LoadParts loads;
    std::function<LoadSettings()> settings;  // As they are now.
    // For the log. `trouble`: an operator ought to look.
    std::function<void(const std::string& sentence, bool trouble)> say;
    std::chrono::milliseconds remove_after = std::chrono::seconds(30);
  };
  explicit Folder(Parts parts);
  // Ends a fold at work; the version stays as it is.
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  // Looks soon for a view whose current version is to be folded.
  void Wake();

  // Looks now, and waits until no view is left; false: not within `timeout`.
  bool WaitUntilDone(std::chrono::milliseconds timeout);

 private:
  using Time = std::chrono::steady_clock::time_point;

  // A directory that was replaced, and whose rows were left out of the new one.
  struct Leftover {
    std::string view;
    int64_t version;
    int64_t fold;
    std::vector<ForgottenKey> forgotten;
    Time due;
  };

  void Work();
  // Whether there was one to write anew.
  bool FoldOne();
  std::optional<LayerPlan> PlanOf(const ViewRecord& view) const;
  absl::Status Fold(const std::string& view, const LayerPlan& plan,
                    const Manifest& before);
  absl::Status ReadAhead(const Manifest& built, const std::string& building);
  LoadSpec SpecOf(const LayerPlan& plan, const Manifest& before) const;
  absl::Status Build(const LoadSpec& spec, const LayerPlan& plan);
  absl::Status Commit(const Manifest& built, const Manifest& before,
                      const std::vector<ForgottenKey>& forgotten);
  void RemoveLeftovers();
  absl::Status RemoveLeftover(const Leftover& old);
  void DropErased();
  bool IsLoading(const std::string& view) const;
  bool HasLeftover(const std::string& view) const;
  bool stopped() const;

  const Parts parts_;
  // Of the thread.
  std::vector<Leftover> leftovers_;
  // By view and version: not before.
  std::map<std::pair<std::string, int64_t>, Time> failed_;

  mutable Mutex mu_;
  CondVar changed_;
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  bool due_ ABSL_GUARDED_BY(mu_) = true;
  bool busy_ ABSL_GUARDED_BY(mu_) = false;
  LoaderProcess* loader_ ABSL_GUARDED_BY(mu_) = nullptr;  // At work.
  std::thread thread_;
};

}  // namespace freshet
