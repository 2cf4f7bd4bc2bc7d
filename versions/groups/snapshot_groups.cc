// SPDX-License-Identifier: Apache-2.0
#include "versions/groups/snapshot_groups.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/status.h"
#include "versions/rules/applied_definitions.h"
#include "versions/rules/version_checks.h"

namespace freshet {
namespace {

// A run that versions wait for.
struct Run {
  std::string group;  // "": of a view that is in none any more.
  std::vector<std::string> views;
  std::string name;
  int64_t committed_micros = 0;  // The last of its versions.
};

// What there is of a run.
struct RunState {
  RunVersions versions;
  std::vector<std::string> missing;  // Why it is not whole; may still become.
  std::string passed;                // Why it never will be.
};

// In the order in which they came.
std::vector<Run> WaitingRuns(const Definitions& definitions,
                             const CatalogState& state) {
  std::map<std::pair<std::string, std::string>, Run> runs;
  for (const BatchFeatureView& view : definitions.batch_views) {
    const auto record = state.views.find(view.name);
    if (record == state.views.end()) continue;
    // Without a group each view is one.
    const std::string key =
        view.snapshot_group.empty() ? "/" + view.name : view.snapshot_group;
    for (const auto& [id, version] : record->second.versions) {
      if (!version.waits_for_group) continue;
      Run& run = runs[{key, version.run}];
      run.group = view.snapshot_group;
      run.views = definitions.GroupOf(view);
      run.name = version.run;
      run.committed_micros =
          std::max(run.committed_micros, version.committed_micros);
    }
  }
  std::vector<Run> out;
  for (auto& [key, run] : runs) out.push_back(std::move(run));
  std::stable_sort(out.begin(), out.end(), [](const Run& a, const Run& b) {
    return a.committed_micros < b.committed_micros;
  });
  return out;
}

// What a view has of a run: the newest that waits, is held or serves; else, in
// `passed`, whether one was to go live and will not. What was loaded only to be
// kept is none.
const VersionRecord* NewestOf(const ViewRecord& view, const std::string& run,
                              bool& passed) {
  const VersionRecord* newest = nullptr;
  for (const auto& [id, version] : view.versions) {
    if (version.run != run) continue;
    const bool counts = version.waits_for_group || view.current == id ||
                        version.phase != VersionRecord::Phase::kKept;
    if (counts) newest = &version;
    passed = passed || !version.message.empty() ||
             std::any_of(view.activations.begin(), view.activations.end(),
                         [&, version = id](const Activation& one) {
                           return one.version == version;
                         });
  }
  passed = passed && newest == nullptr;
  return newest;
}

RunState StateOf(const Run& run, const CatalogState& state) {
  RunState out;
  static const ViewRecord kNone;
  for (const std::string& name : run.views) {
    const auto found = state.views.find(name);
    const ViewRecord& view = found == state.views.end() ? kNone : found->second;
    bool passed = false;
    const VersionRecord* newest = NewestOf(view, run.name, passed);
    if (passed) {
      out.passed = fmt::format("view '{}' has passed it", name);
    } else if (newest == nullptr) {
      out.missing.push_back(fmt::format("view '{}' has none of it", name));
    } else if (const absl::Status why = CheckServes(view, *newest); !why.ok()) {
      out.missing.push_back(std::string(why.message()));
    } else {
      out.versions.emplace_back(name, newest->manifest.version);
    }
  }
  return out;
}

// Rule 8. "": it may take the place of what serves.
std::string WhyStale(const Run& run, const RunVersions& versions,
                     const CatalogState& state) {
  for (const auto& [name, id] : versions) {
    const ViewRecord& view = state.views.at(name);
    std::string stale = StaleReason(view, view.Find(id)->manifest);
    if (stale.empty()) continue;
    if (run.group.empty()) return stale;
    return fmt::format(
        "not activated: of run '{0}' of snapshot group '{1}', view '{2}' has "
        "an as_of in version {3} that is older than that of its current "
        "version {4}; activate the run by hand with: freshet activate-group "
        "{1} {0}",
        run.name, run.group, name, id, view.current);
  }
  return "";
}

// Says of what waits for the run why; `ends`: it does not wait any more.
void Say(const Run& run, const std::string& why, bool ends,
         CatalogState& state) {
  for (const std::string& name : run.views) {
    const auto view = state.views.find(name);
    if (view == state.views.end()) continue;
    for (auto& [id, version] : view->second.versions) {
      if (!version.waits_for_group || version.run != run.name) continue;
      version.message = why;
      version.waits_for_group = !ends;
    }
  }
}

void Settle(const Run& run, const Activation& how, CatalogState& state) {
  const RunState found = StateOf(run, state);
  if (!found.passed.empty()) {
    Say(run,
        fmt::format("not activated: run '{}' of snapshot group '{}' cannot go "
                    "live as a whole any more: {}",
                    run.name, run.group, found.passed),
        /*ends=*/true, state);
  } else if (!found.missing.empty()) {
    Say(run,
        fmt::format("waits for run '{}' of snapshot group '{}': {}", run.name,
                    run.group, fmt::join(found.missing, "; ")),
        /*ends=*/false, state);
  } else if (const std::string stale = WhyStale(run, found.versions, state);
             !stale.empty()) {
    Say(run, stale, /*ends=*/true, state);
  } else {
    Activation whole = how;
    whole.run = run.group.empty() ? "" : run.name;
    ActivateRun(found.versions, whole, state);
  }
}

absl::StatusOr<std::vector<std::string>> ViewsOf(const CatalogState& state,
                                                 const std::string& group) {
  ASSIGN_OR_RETURN(const Definitions definitions,
                   ReadApplied(state.definitions));
  std::set<std::string> groups;
  for (const BatchFeatureView& view : definitions.batch_views) {
    if (view.snapshot_group.empty()) continue;
    groups.insert(view.snapshot_group);
    if (view.snapshot_group == group) return definitions.GroupOf(view);
  }
  return NotFound(
      "no view has the snapshot group '{}'; there is: {}", group,
      groups.empty() ? "none" : fmt::format("'{}'", fmt::join(groups, "', '")));
}

// The runs of which the views have versions, for messages.
std::string RunsOf(const CatalogState& state,
                   const std::vector<std::string>& views) {
  std::set<std::string> runs;
  for (const std::string& name : views) {
    const auto view = state.views.find(name);
    if (view == state.views.end()) continue;
    for (const auto& [id, version] : view->second.versions) {
      if (!version.run.empty()) runs.insert(version.run);
    }
  }
  return runs.empty() ? "none" : fmt::format("'{}'", fmt::join(runs, "', '"));
}

}  // namespace

absl::Status SettleGroups(const Activation& how, CatalogState& state) {
  const bool waits =
      std::any_of(state.views.begin(), state.views.end(), [](const auto& view) {
        const auto& versions = view.second.versions;
        return std::any_of(
            versions.begin(), versions.end(),
            [](const auto& entry) { return entry.second.waits_for_group; });
      });
  if (!waits) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Definitions definitions,
                   ReadApplied(state.definitions));
  for (const Run& run : WaitingRuns(definitions, state)) {
    Settle(run, how, state);
  }
  return absl::OkStatus();
}

absl::StatusOr<RunVersions> FindRun(const CatalogState& state,
                                    const std::string& group,
                                    const std::string& run) {
  ASSIGN_OR_RETURN(const auto views, ViewsOf(state, group));
  if (run.empty()) {  // What was loaded by itself is of none.
    return InvalidArgument("which run of snapshot group '{}'? There is: {}",
                           group, RunsOf(state, views));
  }
  RunVersions versions;
  std::vector<std::string> missing;
  for (const std::string& name : views) {
    int64_t newest = 0;
    std::string why = fmt::format("view '{}' has none of it", name);
    if (const auto view = state.views.find(name); view != state.views.end()) {
      for (const auto& [id, version] : view->second.versions) {
        if (version.run != run) continue;
        const absl::Status serves = CheckServes(view->second, version);
        if (serves.ok())
          newest = id;
        else
          why = std::string(serves.message());
      }
    }
    if (newest == 0)
      missing.push_back(why);
    else
      versions.emplace_back(name, newest);
  }
  if (missing.empty()) return versions;
  if (versions.empty() && missing.size() == views.size()) {
    return NotFound(
        "snapshot group '{}' has no run '{}' that can serve; there is: {}",
        group, run, RunsOf(state, views));
  }
  return FailedPrecondition("run '{}' of snapshot group '{}' is not whole: {}",
                            run, group, fmt::join(missing, "; "));
}

absl::StatusOr<std::string> PreviousRun(const CatalogState& state,
                                        const std::string& group) {
  ASSIGN_OR_RETURN(const auto views, ViewsOf(state, group));
  std::vector<std::pair<int64_t, std::string>> runs;
  for (const std::string& name : views) {
    const auto view = state.views.find(name);
    if (view == state.views.end()) continue;
    for (const Activation& activation : view->second.activations) {
      if (activation.run.empty()) continue;
      runs.emplace_back(activation.at_micros, activation.run);
    }
  }
  std::sort(runs.rbegin(), runs.rend());
  for (const auto& [at, run] : runs) {
    if (run == runs.front().second) continue;
    if (FindRun(state, group, run).ok()) return run;
  }
  return FailedPrecondition(
      "snapshot group '{}' has no earlier run to roll back to; there is: {}",
      group, RunsOf(state, views));
}

void ActivateRun(const RunVersions& versions, const Activation& how,
                 CatalogState& state) {
  for (const auto& [name, id] : versions) {
    ViewRecord& view = state.views.at(name);
    for (auto& [other, version] : view.versions) {
      if (other >= id || !version.waits_for_group) continue;
      version.waits_for_group = false;
      version.message = fmt::format(
          "not activated: run '{}' was passed by '{}'", version.run, how.run);
    }
    if (view.current == id) continue;
    Activation one = how;
    one.version = id;
    view.Activate(std::move(one));
  }
}

}  // namespace freshet
