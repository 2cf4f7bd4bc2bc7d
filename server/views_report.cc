// SPDX-License-Identifier: Apache-2.0
#include "server/views_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/damage.h"

namespace freshet {
namespace {

void AddCatalog(const ViewRecord& record, ViewReport& report) {
  using Phase = VersionRecord::Phase;
  for (const auto& [number, version] : record.versions) {
    ++report.kept;
    if (version.phase == Phase::kPendingApproval) ++report.pending;
    if (version.waits_for_group) ++report.waiting;
    if (version.phase == Phase::kCorrupt) ++report.corrupt;
  }
  for (const Activation& activation : record.activations) {
    if (activation.why == "rollback") ++report.rollbacks;
    if (activation.why == "fallback") ++report.fallbacks;
  }
}

void AddMessage(std::string_view message, ViewReport& report) {
  if (message.empty()) return;
  if (!report.message.empty()) report.message += "; ";
  report.message += message;
}

// Of the version that serves, with those that it is laid over.
void AddLayers(const ViewRecord& record, ViewReport& report) {
  const VersionRecord* current = record.Find(report.version);
  if (current == nullptr) return;
  for (const VersionRecord* layer : record.Chain(*current)) {
    ++report.layers;
    report.bytes += BytesOf(layer->manifest);
  }
}

void AddPending(ViewReport& report) {
  if (report.pending == 0) return;
  AddMessage(
      fmt::format("{} version{} for approval, see: freshet versions {}",
                  report.pending, report.pending == 1 ? " waits" : "s wait",
                  report.name),
      report);
}

ViewReport ReportOf(const ServedView& view, int64_t now_micros) {
  ViewReport report;
  report.name = view.definition.name;
  report.owner = view.definition.owner;
  for (const KeyPart& part : view.key) report.join_keys.push_back(part.name);
  report.features = view.definition.features.size();
  report.freshness_micros = view.definition.freshness_micros;
  report.critical = view.definition.critical;
  report.has_snapshots = view.definition.HasSnapshots();
  report.message = view.message;
  if (view.current == nullptr) {
    if (report.message.empty() && view.definition.HasSnapshots()) {
      report.message = fmt::format(
          "no version yet; load one with: freshet "
          "load {}",
          report.name);
    }
    return report;
  }
  const Manifest& manifest = view.current->manifest();
  report.version = manifest.version;
  report.rows = manifest.live_rows;
  report.as_of_micros = manifest.as_of_micros;
  report.age_micros = std::max<int64_t>(0, now_micros - manifest.as_of_micros);
  AddMessage(DamageOf(*view.current), report);
  return report;
}

}  // namespace

int64_t BytesOf(const Manifest& manifest) {
  int64_t bytes = 0;
  for (const ManifestFile& file : manifest.files) bytes += file.bytes;
  return bytes;
}

std::vector<ViewReport> ReportViews(const ServingSet& set,
                                    const CatalogState& catalog,
                                    int64_t now_micros) {
  std::vector<ViewReport> reports;
  for (const ServedView& view : set.views()) {
    reports.push_back(ReportOf(view, now_micros));
    const auto record = catalog.views.find(view.definition.name);
    if (record != catalog.views.end()) {
      AddCatalog(record->second, reports.back());
      AddLayers(record->second, reports.back());
      AddPending(reports.back());
    }
  }
  return reports;
}

std::vector<std::string> NotReadyReasons(const ServingSet& set) {
  std::vector<std::string> reasons;
  for (const ServedView& view : set.views()) {
    if (!view.definition.critical || view.CanAnswer()) continue;
    reasons.push_back(
        fmt::format("critical view '{}' {}{}{}", view.definition.name,
                    view.current == nullptr && view.definition.HasSnapshots()
                        ? "has no version"
                        : "cannot be read whole",
                    view.message.empty() ? "" : ": ", view.message));
  }
  for (const ServedWindows& view : set.windows()) {
    if (!view.definition.critical || view.generation != nullptr) continue;
    reasons.push_back(
        fmt::format("critical stream view '{}' cannot be read: {}",
                    view.definition.name, view.message));
  }
  return reasons;
}

}  // namespace freshet
