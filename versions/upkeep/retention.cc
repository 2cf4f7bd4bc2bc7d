// SPDX-License-Identifier: Apache-2.0
#include "versions/upkeep/retention.h"

#include <algorithm>
#include <compare>

namespace freshet {
namespace {

// A view may be so many runs ahead of the others of its snapshot group.
constexpr int64_t kWaitingMax = 16;

// When a version was last wanted; the place of its last activation (0: it
// never served) and its id break ties. Greater is newer.
struct Rank {
  int64_t last_micros;
  size_t served;
  int64_t version;

  auto operator<=>(const Rank&) const = default;
};

Rank RankOf(const ViewRecord& view, const VersionRecord& record) {
  Rank rank{record.committed_micros, 0, record.manifest.version};
  for (size_t i = 0; i < view.activations.size(); ++i) {
    const Activation& activation = view.activations[i];
    if (activation.version != rank.version) continue;
    rank.last_micros = std::max(rank.last_micros, activation.at_micros);
    rank.served = i + 1;
  }
  return rank;
}

// Drops the newest `keep` of `ranks` and adds the ids of the rest.
void TakeBeyond(std::vector<Rank> ranks, int64_t keep,
                std::vector<int64_t>& expired) {
  std::sort(ranks.rbegin(), ranks.rend());
  for (size_t i = 0; i < ranks.size(); ++i) {
    if (static_cast<int64_t>(i) >= keep) {
      expired.push_back(ranks[i].version);
    }
  }
}

}  // namespace

std::vector<int64_t> ExpiredVersions(const ViewRecord& view,
                                     const Retention& retention,
                                     int64_t now_micros) {
  if (view.rebuilt && !view.removed) return {};
  std::vector<Rank> served;
  std::vector<Rank> others;   // Held, corrupt, or loaded and never activated.
  std::vector<Rank> waiting;  // For a snapshot group.
  std::vector<int64_t> expired;
  for (const auto& [id, record] : view.versions) {
    if (view.IsProtected(id)) continue;
    const bool too_old =
        retention.max_age_micros > 0 &&
        now_micros - record.committed_micros > retention.max_age_micros;
    if (too_old || view.removed) {
      expired.push_back(id);
      continue;
    }
    const Rank rank = RankOf(view, record);
    const bool has_served =
        rank.served > 0 && record.phase == VersionRecord::Phase::kKept;
    (record.waits_for_group ? waiting
     : has_served           ? served
                            : others)
        .push_back(rank);
  }
  // The current version is one of those that served.
  const int64_t current = view.current != 0 ? 1 : 0;
  TakeBeyond(std::move(served), retention.versions - current, expired);
  TakeBeyond(std::move(others), retention.versions, expired);
  TakeBeyond(std::move(waiting), kWaitingMax, expired);
  for (const auto& [id, record] : view.versions) {
    if (std::find(expired.begin(), expired.end(), id) != expired.end()) {
      continue;
    }
    for (const VersionRecord* under : view.Chain(record)) {
      std::erase(expired, under->manifest.version);
    }
  }
  std::sort(expired.begin(), expired.end());
  return expired;
}

std::optional<std::pair<std::string, int64_t>> OldestVersion(
    const CatalogState& state) {
  // Smallest goes.
  struct Candidate {
    bool whole;
    bool previous;
    Rank rank;
    std::string view;

    auto operator<=>(const Candidate&) const = default;
  };
  std::optional<Candidate> oldest;
  for (const auto& [name, view] : state.views) {
    if (view.rebuilt) continue;
    const int64_t previous = view.Previous();
    for (const auto& [id, record] : view.versions) {
      if (record.IsHeld() || view.IsProtected(id) || view.IsBase(id)) continue;
      const bool whole = record.phase == VersionRecord::Phase::kKept;
      const Candidate candidate{whole, id == previous, RankOf(view, record),
                                name};
      if (!oldest.has_value() || candidate < *oldest) oldest = candidate;
    }
  }
  if (!oldest.has_value()) return std::nullopt;
  return std::pair(oldest->view, oldest->rank.version);
}

}  // namespace freshet
