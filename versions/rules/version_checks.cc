// SPDX-License-Identifier: Apache-2.0
#include "versions/rules/version_checks.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.h"
#include "config/timestamp.h"

namespace freshet {

std::string VersionsOf(const ViewRecord& view) {
  std::vector<std::string> out;
  for (const auto& [id, record] : view.versions) {
    out.push_back(
        fmt::format("{} ({})", id,
                    id == view.current ? "current" : PhaseName(record.phase)));
  }
  return out.empty() ? "none" : fmt::to_string(fmt::join(out, ", "));
}

absl::StatusOr<const ViewRecord*> FindView(const CatalogState& state,
                                           const std::string& view) {
  const auto it = state.views.find(view);
  if (it != state.views.end() && !it->second.removed) return &it->second;
  std::vector<std::string> names;
  for (const auto& [name, record] : state.views) {
    if (!record.removed) names.push_back(name);
  }
  return NotFound(
      "no view '{}'; there is: {}", view,
      names.empty() ? "none" : fmt::format("'{}'", fmt::join(names, "', '")));
}

absl::StatusOr<const VersionRecord*> FindVersion(const ViewRecord& view,
                                                 int64_t version) {
  const VersionRecord* record = view.Find(version);
  if (record != nullptr) return record;
  return NotFound("view '{}' has no version {}; there is: {}", view.view,
                  version, VersionsOf(view));
}

bool HaveSameFiles(const ViewRecord& one, const ViewRecord& other,
                   int64_t version) {
  const VersionRecord* first = one.Find(version);
  const VersionRecord* second = other.Find(version);
  if (first == nullptr || second == nullptr) return false;
  const auto chain = one.Chain(*first);
  const auto again = other.Chain(*second);
  return std::equal(chain.begin(), chain.end(), again.begin(), again.end(),
                    [](const auto* layer, const auto* same) {
                      return layer->manifest == same->manifest;
                    });
}

absl::Status CheckServes(const ViewRecord& view, const VersionRecord& record) {
  const int64_t version = record.manifest.version;
  switch (record.phase) {
    case VersionRecord::Phase::kPendingApproval:
      return FailedPrecondition(
          "view '{}': version {} waits for approval ({}); let it go live with: "
          "freshet approve {} {}",
          view.view, version, record.message, view.view, version);
    case VersionRecord::Phase::kCorrupt:
      return FailedPrecondition("view '{}': version {} is corrupt: {}; {}",
                                view.view, version, record.message,
                                "load the snapshot again");
    case VersionRecord::Phase::kKept:
      break;
  }
  if (view.CanServe(record)) return absl::OkStatus();
  const auto chain = view.Chain(record);
  for (const VersionRecord* under : chain) {
    if (under->phase == VersionRecord::Phase::kKept) continue;
    return FailedPrecondition(
        "view '{}': version {} is laid over version {}, which is {}{}",
        view.view, version, under->manifest.version, PhaseName(under->phase),
        under->phase == VersionRecord::Phase::kPendingApproval
            ? fmt::format("; approve that one first: freshet approve {} {}",
                          view.view, under->manifest.version)
            : "; load a full snapshot");
  }
  if (const int64_t gone = chain.back()->manifest.base; gone > 0) {
    return FailedPrecondition(
        "view '{}': version {} is laid over version {}, which is gone; load a "
        "full snapshot",
        view.view, version, gone);
  }
  return FailedPrecondition(
      "view '{}': version {} has another key than the view has now; load a new "
      "snapshot",
      view.view, version);
}

absl::Status CheckHeld(const ViewRecord& view, const VersionRecord& record) {
  if (record.phase == VersionRecord::Phase::kPendingApproval) {
    return absl::OkStatus();
  }
  return FailedPrecondition(
      "view '{}': version {} is {}, it does not wait for approval", view.view,
      record.manifest.version, PhaseName(record.phase));
}

absl::Status CheckUnprotected(const ViewRecord& view,
                              const VersionRecord& record) {
  const int64_t version = record.manifest.version;
  if (version == view.current) {
    return FailedPrecondition(
        "view '{}': version {} is current; activate another one first",
        view.view, version);
  }
  if (record.pinned) {
    return FailedPrecondition(
        "view '{}': version {} is pinned; unpin it with: freshet unpin "
        "{} {}",
        view.view, version, view.view, version);
  }
  for (const auto& [id, over] : view.versions) {
    if (over.manifest.base != version) continue;
    return FailedPrecondition(
        "view '{}': version {} is laid over version {}, which it needs",
        view.view, id, version);
  }
  for (const auto& [label, labelled] : view.labels) {
    if (labelled != version) continue;
    return FailedPrecondition(
        "view '{}': version {} carries the label '{}'; move or remove it first",
        view.view, version, label);
  }
  return absl::OkStatus();
}

std::vector<int64_t> LiveSince(const ViewRecord& view,
                               const VersionRecord& held) {
  std::vector<int64_t> ids;
  const VersionRecord* current = view.Find(view.current);
  if (current == nullptr || held.manifest.base > 0) return ids;
  for (const VersionRecord* layer : view.Chain(*current)) {
    const bool is_upsert = layer->manifest.base > 0 || layer->merged_over > 0;
    if (is_upsert && layer->manifest.version > held.manifest.version) {
      ids.insert(ids.begin(), layer->manifest.version);
    }
  }
  return ids;
}

absl::Status CheckLabel(const std::string& label) {
  if (label == "current" || label == "previous") {
    return InvalidArgument(
        "'{}' is a position, not a label; use activate or rollback", label);
  }
  constexpr size_t kMax = 63;
  const bool named =
      label.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-.") ==
      std::string::npos;
  if (!label.empty() && label.size() <= kMax && named) return absl::OkStatus();
  return InvalidArgument(
      "label '{}' is not 1 to {} of a-z, 0-9, '_', '-' and '.'", label, kMax);
}

std::string StaleReason(const ViewRecord& view, const Manifest& built) {
  const VersionRecord* current = view.Find(view.current);
  if (current == nullptr || !view.CanServe(*current)) return "";
  const int64_t serving = current->manifest.as_of_micros;
  if (built.as_of_micros >= serving) return "";
  return fmt::format(
      "not activated: its as_of {} is older than {} of the current version {}; "
      "activate it by hand with: freshet activate {} {}",
      FormatTimestamp(built.as_of_micros), FormatTimestamp(serving),
      current->manifest.version, view.view, built.version);
}

}  // namespace freshet
