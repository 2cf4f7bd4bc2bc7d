// SPDX-License-Identifier: Apache-2.0
#include "versions/rules/field_changes.h"

#include <fmt/format.h>

#include <optional>
#include <string_view>
#include <utility>

namespace freshet {
namespace {

// One group of a view's fields whose change has one effect.
struct Aspect {
  std::string_view what;
  std::string_view effect;
  void (*copy)(const BatchFeatureView& from, BatchFeatureView& to);
};

constexpr std::string_view kSource = "source";

constexpr Aspect kAspects[] = {
    {"ttl", "instant",
     [](const auto& from, auto& to) { to.ttl_micros = from.ttl_micros; }},
    {"freshness", "instant",
     [](const auto& from, auto& to) {
       to.freshness_micros = from.freshness_micros;
     }},
    {kSource, "from the next load on",
     [](const auto& from, auto& to) { to.source = from.source; }},
    {"history", "from the next load on",
     [](const auto& from, auto& to) { to.history = from.history; }},
    {"expected_freshness of live rows", "instant",
     [](const auto& from, auto& to) {
       if (!from.live || !to.live) return;
       to.live->expected_freshness_micros =
           from.live->expected_freshness_micros;
     }},
    {"live rows", "from the next event on",
     [](const auto& from, auto& to) {
       const std::optional<LiveSource> was = std::exchange(to.live, from.live);
       if (!was || !to.live) return;
       to.live->expected_freshness_micros = was->expected_freshness_micros;
     }},
    {"guards", "from the next load on",
     [](const auto& from, auto& to) { to.guards = from.guards; }},
    {"retention", "instant; old versions may be deleted",
     [](const auto& from, auto& to) { to.retention = from.retention; }},
    {"snapshot_group", "instant",
     [](const auto& from, auto& to) {
       to.snapshot_group = from.snapshot_group;
     }},
    {"entities", "instant, where the key stays the same",
     [](const auto& from, auto& to) { to.entities = from.entities; }},
    {"owner, description or tags", "instant",
     [](const auto& from, auto& to) {
       to.owner = from.owner;
       to.description = from.description;
       to.tags = from.tags;
       to.pii = from.pii;
       to.critical = from.critical;
     }},
};

std::string TextOf(const BatchFeatureView& view) {
  Definitions alone;
  alone.batch_views.push_back(view);
  return CanonicalText(alone);
}

}  // namespace

std::vector<std::string> FieldChanges(const BatchFeatureView& was,
                                      const BatchFeatureView& now) {
  const std::string before = TextOf(was);
  const bool no_more = was.HasSnapshots() && !now.HasSnapshots();
  std::vector<std::string> changes;
  for (const Aspect& aspect : kAspects) {
    if (no_more && aspect.what == kSource) continue;
    BatchFeatureView with = was;
    aspect.copy(now, with);
    if (TextOf(with) == before) continue;
    changes.push_back(fmt::format("{}: {}", aspect.what, aspect.effect));
  }
  return changes;
}

}  // namespace freshet
