// SPDX-License-Identifier: Apache-2.0
#include "versions/loads/layer_plan.h"

#include <vector>

#include "versions/layout.h"

namespace freshet {
namespace {

// A fold that cannot be done must not let a version grow for ever.
constexpr size_t kChainMax = 64;

// Of the first `merged` of the chain.
LayerPlan PlanOf(const std::string& dir,
                 const std::vector<const VersionRecord*>& chain,
                 size_t merged) {
  LayerPlan plan;
  plan.spec.merged = static_cast<int64_t>(merged);
  for (size_t i = 0; i < chain.size(); ++i) {
    const Manifest& manifest = chain[i]->manifest;
    plan.spec.chain.push_back(
        VersionDir(dir, manifest.view, manifest.version, manifest.fold));
    for (const ManifestFile& file : manifest.files) {
      plan.memory_bytes += file.tail_bytes;
      if (i < merged) plan.merged_bytes += file.bytes;
    }
  }
  return plan;
}

}  // namespace

LayerPlan PlanUpsert(const std::string& dir, const ViewRecord& view) {
  LayerPlan plan;
  const int64_t over = view.NextBase();
  if (const VersionRecord* base = view.Find(over); base != nullptr) {
    const auto chain = view.Chain(*base);
    const bool lies_over = base->manifest.schema == view.schema &&
                           base->manifest.generation == view.generation &&
                           chain.size() < kChainMax;
    plan = PlanOf(dir, chain, lies_over ? 0 : chain.size());
  }
  plan.over = over;
  return plan;
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
  LayerPlan plan = PlanOf(dir, chain, many ? chain.size() : upserts);
  plan.spec.fold = current->manifest.fold + 1;
  return plan;
}

}  // namespace freshet
