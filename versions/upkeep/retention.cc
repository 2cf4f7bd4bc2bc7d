// SPDX-License-Identifier: Apache-2.0
#include "versions/upkeep/retention.h"

#include <algorithm>
#include <tuple>

namespace freshet {
namespace {

// When a version was last wanted, and its id to break ties: greater is newer.
using Rank = std::tuple<int64_t, int64_t>;

Rank RankOf(const ViewRecord& view, const VersionRecord& record) {
  int64_t last = record.committed_micros;
  for (const Activation& activation : view.activations) {
    if (activation.version == record.manifest.version) {
      last = std::max(last, activation.at_micros);
    }
  }
  return {last, record.manifest.version};
}

// Drops the newest `keep` of `ranks` and adds the ids of the rest.
void TakeBeyond(std::vector<Rank> ranks, int64_t keep,
                std::vector<int64_t>& expired) {
  std::sort(ranks.rbegin(), ranks.rend());
  for (size_t i = 0; i < ranks.size(); ++i) {
    if (static_cast<int64_t>(i) >= keep) {
      expired.push_back(std::get<1>(ranks[i]));
    }
  }
}

}  // namespace

std::vector<int64_t> ExpiredVersions(const ViewRecord& view,
                                     const Retention& retention,
                                     int64_t now_micros) {
  std::vector<Rank> kept;
  std::vector<Rank> stopped;  // Held or corrupt.
  std::vector<int64_t> expired;
  for (const auto& [id, record] : view.versions) {
    if (view.IsProtected(id)) continue;
    const bool too_old =
        retention.max_age_micros > 0 &&
        now_micros - record.committed_micros > retention.max_age_micros;
    if (too_old || view.removed) {
      expired.push_back(id);
    } else if (record.phase == VersionRecord::Phase::kKept) {
      kept.push_back(RankOf(view, record));
    } else {
      stopped.push_back(RankOf(view, record));
    }
  }
  // The current version is one of those kept.
  const int64_t others = retention.versions - (view.current != 0 ? 1 : 0);
  TakeBeyond(std::move(kept), others, expired);
  TakeBeyond(std::move(stopped), retention.versions, expired);
  std::sort(expired.begin(), expired.end());
  return expired;
}

std::optional<std::pair<std::string, int64_t>> OldestVersion(
    const CatalogState& state) {
  using Candidate = std::tuple<bool, Rank, std::string>;  // Smallest goes.
  std::optional<Candidate> oldest;
  for (const auto& [name, view] : state.views) {
    for (const auto& [id, record] : view.versions) {
      const bool held = record.phase == VersionRecord::Phase::kPendingApproval;
      if (held || view.IsProtected(id)) continue;
      const bool whole = record.phase == VersionRecord::Phase::kKept;
      const Candidate candidate{whole, RankOf(view, record), name};
      if (!oldest.has_value() || candidate < *oldest) oldest = candidate;
    }
  }
  if (!oldest.has_value()) return std::nullopt;
  return std::pair(std::get<2>(*oldest), std::get<1>(std::get<1>(*oldest)));
}

}  // namespace freshet
