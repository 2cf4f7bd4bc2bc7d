// SPDX-License-Identifier: Apache-2.0
#include "versions/loads/layer_plan.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "versions/erasure/forgotten.h"
#include "versions/layout.h"
#include "versions/rules/version_checks.h"

namespace freshet {
namespace {

// A fold that cannot be done must not let a version grow for ever.
constexpr size_t kChainMax = 64;

// Of a key of one that is laid over another: its hash, and its place in a
// LayerMap that is a quarter full.
constexpr int64_t kHashBytes = 40;

// Whether an upsert is laid over it; else it is written together with it.
bool LiesOver(const ViewRecord& view, const VersionRecord& base) {
  return base.manifest.schema == view.schema &&
         base.manifest.generation == view.generation &&
         view.Chain(base).size() < kChainMax;
}

// Of the first `merged` of the chain.
LayerPlan PlanOf(const std::string& dir, const ViewRecord& view,
                 const std::vector<const VersionRecord*>& chain,
                 size_t merged) {
  LayerPlan plan;
  plan.spec.forgotten = HiddenFrom(view, chain.back()->manifest.version);
  plan.spec.merged = static_cast<int64_t>(merged);
  for (size_t i = 0; i < chain.size(); ++i) {
    const Manifest& manifest = chain[i]->manifest;
    plan.spec.chain.push_back(
        VersionDir(dir, manifest.view, manifest.version, manifest.fold));
    if (manifest.base > 0) plan.memory_bytes += kHashBytes * manifest.rows;
    for (const ManifestFile& file : manifest.files) {
      plan.memory_bytes += file.tail_bytes;
      if (i < merged) plan.merged_bytes += file.bytes;
    }
  }
  return plan;
}

LayerPlan PlanFoldOf(const std::string& dir, const ViewRecord& view,
                     const VersionRecord& record, size_t merged) {
  LayerPlan plan = PlanOf(dir, view, view.Chain(record), merged);
  plan.version = record.manifest.version;
  plan.spec.fold = record.manifest.fold + 1;
  plan.spec.recount = record.recount;
  return plan;
}

// Whether a loader can open it, and knows which parts of its key an entity is.
bool CanWriteAnew(const ViewRecord& view, const VersionRecord& record) {
  const auto chain = view.Chain(record);
  return chain.back()->manifest.base == 0 &&
         record.manifest.schema.key() == view.schema.key() &&
         std::none_of(chain.begin(), chain.end(), [](const auto* one) {
           return one->phase == VersionRecord::Phase::kCorrupt;
         });
}

}  // namespace

LayerPlan PlanUpsert(const std::string& dir, const ViewRecord& view) {
  LayerPlan plan;
  const int64_t over = view.NextBase();
  if (const VersionRecord* base = view.Find(over); base != nullptr) {
    const auto chain = view.Chain(*base);
    plan = PlanOf(dir, view, chain, LiesOver(view, *base) ? 0 : chain.size());
  }
  plan.over = over;
  return plan;
}

absl::Status CheckUpsert(const ViewRecord& view) {
  const int64_t over = view.NextBase();
  const VersionRecord* base = view.Find(over);
  if (base == nullptr) {
    for (const auto& [id, version] : view.versions) {
      if (version.manifest.schema.key() != view.schema.key()) continue;
      return FailedPrecondition(
          "view '{0}': none of its versions serves, so there is nothing that "
          "an upsert could be laid over (there is: {1}); activate one, or load "
          "all there is with: freshet load {0} PATH --full",
          view.view, VersionsOf(view));
    }
    return absl::OkStatus();
  }
  if (over == view.current || LiesOver(view, *base)) return absl::OkStatus();
  int64_t waits = 0;  // The one that is to be decided first.
  for (const VersionRecord* under : view.Chain(*base)) {
    if (under->phase == VersionRecord::Phase::kPendingApproval) {
      waits = under->manifest.version;
    }
  }
  if (waits == 0) return absl::OkStatus();  // For its snapshot group only.
  return FailedPrecondition(
      "view '{0}': version {1} waits for approval, and with {2} an upsert "
      "cannot be laid over it; decide first: freshet approve {0} {1}, or "
      "freshet reject {0} {1}",
      view.view, waits,
      base->manifest.schema == view.schema &&
              base->manifest.generation == view.generation
          ? "that many beneath it"
          : "other features");
}

std::optional<LayerPlan> PlanFold(const std::string& dir,
                                  const ViewRecord& view) {
  const VersionRecord* current = view.Find(view.current);
  if (current == nullptr || !view.CanServe(*current)) return std::nullopt;
  const auto chain = view.Chain(*current);
  const size_t upserts = chain.size() - 1;
  int64_t rows = 0;
  for (size_t i = 0; i < upserts; ++i) rows += chain[i]->manifest.rows;
  const bool many =
      static_cast<double>(rows) >
      kUpsertRowsMax * static_cast<double>(chain.back()->manifest.rows);
  if (upserts == 0 || (!many && upserts <= kUpsertsMax)) return std::nullopt;
  return PlanFoldOf(dir, view, *current, many ? chain.size() : upserts);
}

std::optional<LayerPlan> PlanErasure(const std::string& dir,
                                     const ViewRecord& view, int64_t due_micros,
                                     const std::set<int64_t>& settled_later) {
  const auto& forgotten = view.forgotten;
  const bool due =
      std::any_of(forgotten.begin(), forgotten.end(),
                  [&](const auto& one) { return one.at_micros <= due_micros; });
  if (!due && !forgotten.empty()) return std::nullopt;
  // From the oldest on: what lies over one counts its rows.
  for (const auto& [id, record] : view.versions) {
    const bool holds = std::any_of(
        forgotten.begin(), forgotten.end(),
        [&, version = id](const auto& one) { return Holds(one, version); });
    if ((holds || record.recount) && !settled_later.contains(id) &&
        CanWriteAnew(view, record)) {
      return PlanFoldOf(dir, view, record, 1);
    }
  }
  return std::nullopt;
}

}  // namespace freshet
