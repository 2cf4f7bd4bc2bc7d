// SPDX-License-Identifier: Apache-2.0
#include "versions/publisher.h"

#include <chrono>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/failpoint.h"
#include "base/idle_policy.h"
#include "base/status.h"
#include "versions/rules/applied_definitions.h"
#include "versions/rules/version_checks.h"
#include "versions/serving_parts/version_opener.h"

namespace freshet {
namespace {

// A machine without an idle moment must not keep a version from serving.
constexpr std::chrono::minutes kReadAheadMax(1);

// Whether trying again cannot help.
bool IsDamage(const absl::Status& status) {
  return absl::IsDataLoss(status) || absl::IsNotFound(status);
}

// Of one version that was to be opened or read; damage as DATA_LOSS.
absl::Status TroubleOf(const std::string& view, int64_t version,
                       const absl::Status& status) {
  if (!IsDamage(status)) return status;
  return DataLoss("view '{}', version {}: {}", view, version,
                  std::string(status.message()));
}

std::map<std::string, ViewSchema> SchemasOf(const CatalogState& state) {
  std::map<std::string, ViewSchema> schemas;
  for (const auto& [name, record] : state.views) {
    schemas[name] = {.schema = record.schema, .generation = record.generation};
  }
  return schemas;
}

}  // namespace

Publisher::Publisher(std::string dir, Catalog& catalog,
                     StoreResources& resources, Serving& serving,
                     ServeLive live)
    : dir_(std::move(dir)),
      catalog_(catalog),
      resources_(resources),
      serving_(serving),
      serve_live_(std::move(live)),
      definitions_(std::make_shared<const Definitions>()) {}

absl::Status Publisher::Refresh(int64_t now_micros, std::string_view view) {
  MutexLock refresh(refresh_mu_);
  for (;;) {
    const Catalog::StatePtr state = catalog_.state();
    RETURN_IF_ERROR(ReadDefinitions(*state));
    const Trouble trouble = OpenMissing(*state);
    absl::Status problem;
    bool damaged = false;
    for (const auto& [key, status] : trouble) {
      damaged = damaged || IsDamage(status);
      if (!view.empty() && key.first != view) continue;
      if (problem.ok() && !IsDamage(status)) {
        problem = Annotate(status, fmt::format("view '{}', version {}",
                                               key.first, key.second));
      }
    }
    if (damaged) {
      const absl::Status marked = MarkCorrupt(trouble, now_micros);
      if (marked.ok()) continue;  // Its fallback may have to be opened.
      problem = marked;
    }
    if (absl::Status failed = FAILPOINT("publish.before_swap"); !failed.ok()) {
      return failed;
    }
    Publish(*state, trouble);
    // Tried again by the next.
    const bool live_trouble = !live_.message.empty();
    if (live_trouble) definitions_hash_ = 0;
    if (live_trouble && view.empty() && problem.ok()) {
      problem = Unavailable("{}", live_.message);
    }
    MutexLock lock(mu_);
    has_trouble_ = !trouble.empty() || live_trouble;
    return problem;
  }
}

absl::Status Publisher::RefreshLive(int64_t now_micros) {
  {
    MutexLock lock(refresh_mu_);
    definitions_hash_ = 0;
  }
  return Refresh(now_micros);
}

bool Publisher::has_trouble() const {
  MutexLock lock(mu_);
  return has_trouble_;
}

absl::Status Publisher::Verify(const ViewRecord& view,
                               const Manifest& manifest) const {
  ASSIGN_OR_RETURN(const std::unique_ptr<Version> version,
                   Version::Open(ChainOf(dir_, view, manifest), resources_));
  return version->Verify([] { return true; });
}

absl::Status Publisher::Prepare(const std::string& view, int64_t version) {
  const Catalog::StatePtr state = catalog_.state();
  const auto record = state->views.find(view);
  const VersionRecord* known =
      record == state->views.end() ? nullptr : record->second.Find(version);
  if (known == nullptr) {
    return NotFound("view '{}' has no version {}", view, version);
  }
  {
    MutexLock lock(mu_);
    if (open_.contains({view, version})) return absl::OkStatus();
  }
  auto opened =
      OpenWarm(OpeningOf(record->second, known->manifest), resources_);
  if (!opened.ok()) return TroubleOf(view, version, opened.status());
  MutexLock lock(mu_);
  open_.emplace(VersionKey(view, version), *std::move(opened));
  return absl::OkStatus();
}

absl::Status Publisher::ReadAhead(const VersionChain& chain,
                                  const std::function<bool()>& keep_going) {
  const Manifest& next = chain.layers.front().expected;
  const Serving::SetPtr serving = serving_.Current();
  const ServedView* served = serving->FindView(next.view);
  const RecentKeys* recent = recent_keys(next.view);
  if (served == nullptr || served->current == nullptr || recent == nullptr ||
      recent->Sample().empty()) {
    return absl::OkStatus();
  }
  const auto version = Version::Open(chain, resources_);
  if (!version.ok())
    return TroubleOf(next.view, next.version, version.status());
  const auto end = std::chrono::steady_clock::now() + kReadAheadMax;
  absl::Status status;
  std::thread([&] {
    BecomeIdle();
    status = InheritRowCache(*served->current, **version, [&] {
      return std::chrono::steady_clock::now() < end && keep_going();
    });
  }).join();
  return TroubleOf(next.view, next.version, status);
}

absl::Status Publisher::PrepareNext(const CatalogState& state,
                                    const CatalogState& next,
                                    const std::string& but,
                                    const std::function<bool()>& keep_going) {
  for (const auto& [name, view] : next.views) {
    const auto before = state.views.find(name);
    if (name == but || view.current == 0 ||
        (before != state.views.end() &&
         before->second.current == view.current)) {
      continue;
    }
    const Manifest& manifest = view.Find(view.current)->manifest;
    absl::Status ready;
    if (keep_going)
      ready = ReadAhead(ChainOf(dir_, view, manifest), keep_going);
    if (ready.ok()) ready = Prepare(name, manifest.version);
    if (!absl::IsDataLoss(ready)) {
      RETURN_IF_ERROR(ready);
      continue;
    }
    const Catalog::StatePtr now = catalog_.state();
    const auto known = now->views.find(name);
    if (known == now->views.end() ||
        !HaveSameFiles(view, known->second, manifest.version)) {
      continue;  // Its directory went meanwhile; the refresh opens the new one.
    }
    RETURN_IF_ERROR(MarkCorrupt({{VersionKey(name, manifest.version), ready}},
                                view.activations.back().at_micros));
  }
  return absl::OkStatus();
}

std::shared_ptr<const Definitions> Publisher::definitions() const {
  MutexLock lock(mu_);
  return definitions_;
}

StoreResources::Stats Publisher::memory() const { return resources_.stats(); }

RecentKeys* Publisher::recent_keys(std::string_view view) const {
  MutexLock lock(mu_);
  const auto it = recent_.find(view);
  return it == recent_.end() ? nullptr : it->second.get();
}

absl::Status Publisher::ReadDefinitions(const CatalogState& state) {
  if (state.definitions.hash == definitions_hash_) return absl::OkStatus();
  ASSIGN_OR_RETURN(Definitions applied, ReadApplied(state.definitions));
  if (serve_live_) {
    live_ = serve_live_({applied, SchemasOf(state)}, resources_);
  }
  MutexLock lock(mu_);
  definitions_ = std::make_shared<const Definitions>(std::move(applied));
  definitions_hash_ = state.definitions.hash;
  return absl::OkStatus();
}

Publisher::Trouble Publisher::OpenMissing(const CatalogState& state) {
  std::vector<VersionKey> missing;
  std::vector<Opening> openings;
  for (const VersionKey& key : WantedOpen(state, *definitions())) {
    const ViewRecord& view = state.views.at(key.first);
    Opening opening = OpeningOf(view, view.Find(key.second)->manifest);
    MutexLock lock(mu_);
    const auto open = open_.find(key);
    // One of its chain may have been folded since, or rows forgotten.
    if (open != open_.end() && IsOpened(*open->second, opening.chain)) continue;
    missing.push_back(key);
    openings.push_back(std::move(opening));
  }
  auto opened = OpenWarmAll(openings, resources_);

  Trouble trouble;
  OpenVersions replaced;  // Let go after the lock.
  MutexLock lock(mu_);
  for (size_t i = 0; i < missing.size(); ++i) {
    if (opened[i].ok()) {
      if (const auto old = open_.extract(missing[i]); !old.empty()) {
        replaced.emplace(missing[i], old.mapped());
      }
      open_.emplace(missing[i], *std::move(opened[i]));
    } else {
      trouble.emplace(missing[i], opened[i].status());
    }
  }
  return trouble;
}

absl::Status Publisher::MarkCorrupt(const Trouble& trouble,
                                    int64_t now_micros) {
  return catalog_.Commit([&](CatalogState& state) -> absl::Status {
    for (const auto& [key, status] : trouble) {
      const auto view = state.views.find(key.first);
      if (!IsDamage(status) || view == state.views.end() ||
          view->second.Find(key.second) == nullptr) {
        continue;  // Deleted meanwhile.
      }
      view->second.MarkCorrupt(key.second, std::string(status.message()),
                               now_micros);
    }
    return absl::OkStatus();
  });
}

void Publisher::Publish(const CatalogState& state, const Trouble& trouble) {
  std::map<VersionKey, std::string> messages;
  for (const auto& [key, status] : trouble) {
    messages.emplace(key, std::string(status.message()));
  }
  const std::shared_ptr<const Definitions> served = definitions();
  const std::set<VersionKey> wanted = WantedOpen(state, *served);
  OpenVersions dropped;  // Let go after the lock, and after the swap.
  OpenVersions open;
  {
    MutexLock lock(mu_);
    for (auto it = open_.begin(); it != open_.end();) {
      const auto here = it++;
      if (!wanted.contains(here->first)) dropped.insert(open_.extract(here));
    }
    open = open_;
    for (const BatchFeatureView& view : served->batch_views) {
      std::unique_ptr<RecentKeys>& recent = recent_[view.name];
      if (recent == nullptr) recent = std::make_unique<RecentKeys>();
    }
  }
  const Serving::SetPtr before = serving_.Current();
  std::vector<ServedView> views = MakeServedViews(
      state, *served,
      {.open = open, .before = *before, .trouble = messages, .live = live_});
  std::vector<ServedWindows> windows = WithHistories(live_.windows, views);
  serving_.Publish(std::make_unique<const ServingSet>(
      served, fmt::format("{:016x}", state.definitions.hash), std::move(views),
      std::move(windows)));
}

Opening Publisher::OpeningOf(const ViewRecord& view,
                             const Manifest& manifest) const {
  Opening opening{.chain = ChainOf(dir_, view, manifest), .recent_keys = {}};
  if (const RecentKeys* recent = recent_keys(manifest.view)) {
    opening.recent_keys = recent->Sample();
  }
  return opening;
}

}  // namespace freshet
