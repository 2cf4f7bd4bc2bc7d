// SPDX-License-Identifier: Apache-2.0
#include "ingest/live/paused_sources.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"
#include "base/status.h"
#include "storage/json_fields.h"

namespace freshet {
namespace {

// That of which the names are said, for it is always there.
constexpr uint64_t kKeptWith = LiveApplier::kParkedGeneration;

absl::StatusOr<std::set<std::string>> Decode(std::string_view bytes) {
  std::set<std::string> names;
  if (bytes.empty()) return names;
  ASSIGN_OR_RETURN(const nlohmann::json json, ParseJsonObject(bytes));
  JsonFields fields(json);
  for (const nlohmann::json& name : fields.Array("paused")) {
    if (!name.is_string()) return DataLoss("'paused' has what is no name");
    names.insert(name.get<std::string>());
  }
  RETURN_IF_ERROR(fields.status());
  return names;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PausedSources>> PausedSources::Open(
    LiveStore& store, LiveWriter& writer) {
  std::unique_ptr<PausedSources> paused(new PausedSources(store, writer));
  ASSIGN_OR_RETURN(const std::string about,
                   store.generations().at(kKeptWith)->about());
  ASSIGN_OR_RETURN(std::set<std::string> names, Decode(about));
  MutexLock lock(paused->mu_);
  paused->names_ = std::move(names);
  return paused;
}

std::set<std::string> PausedSources::Names() const {
  MutexLock lock(mu_);
  return names_;
}

absl::Status PausedSources::Set(const std::string& source, bool paused) {
  absl::Status status;
  writer_.Use([&](LiveApplier&) {
    std::set<std::string> names = Names();
    if (names.contains(source) == paused) return;
    if (paused) {
      names.insert(source);
    } else {
      names.erase(source);
    }
    status = store_.Describe(kKeptWith,
                             DumpJson({{"paused", names}}, /*pretty=*/false));
    if (!status.ok()) return;
    MutexLock lock(mu_);
    names_ = std::move(names);
  });
  return status;
}

}  // namespace freshet
