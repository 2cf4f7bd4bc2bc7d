// SPDX-License-Identifier: Apache-2.0
#include "server/damage.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace freshet {

std::string DamageOf(const Version& version) {
  const int64_t reads = version.stats().corrupt_reads;
  if (reads == 0) return "";
  const Manifest& manifest = version.manifest();
  return fmt::format(
      "version {} is damaged: {} key{} asked for so far met a block that fails "
      "its checksum (ERROR, CORRUPT); load the snapshot again, or go back "
      "with: freshet rollback {}",
      manifest.version, reads, reads == 1 ? "" : "s", manifest.view);
}

void DamageLog::Look(const ServingSet& set) {
  for (const ServedView& view : set.views()) {
    for (const auto& [number, version] : view.open) {
      const std::string damage = DamageOf(*version);
      if (damage.empty() || !named_.insert(version).second) continue;
      spdlog::error("view '{}': {}", view.definition.name, damage);
    }
  }
}

}  // namespace freshet
