// SPDX-License-Identifier: Apache-2.0
#include "versions/store.h"

#include <filesystem>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/status.h"
#include "versions/erasure/erasure.h"
#include "versions/layout.h"
#include "versions/upkeep/aside.h"
#include "versions/upkeep/reconcile.h"

namespace freshet {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kBlockCacheDefault = 256 << 20;

// With those above it, durably: nothing in it outlives a power cut otherwise.
absl::Status MakeDirSynced(const std::string& dir) {
  namespace fs = std::filesystem;
  std::vector<std::string> changed;
  for (fs::path path = fs::absolute(dir).lexically_normal();
       !PathExists(path.string()); path = path.parent_path()) {
    changed.push_back(path.parent_path().string());
  }
  RETURN_IF_ERROR(MakeDir(dir));
  for (const std::string& parent : changed) RETURN_IF_ERROR(SyncDir(parent));
  return absl::OkStatus();
}

}  // namespace

// Destroyed from the last to the first: what uses another comes after it.
struct Store::Parts {
  Parts(Options given, FileLock held, std::unique_ptr<Catalog> opened)
      : options(std::move(given)),
        lock(std::move(held)),
        catalog(std::move(opened)),
        resources(options.storage.block_cache_bytes > 0
                      ? options.storage.block_cache_bytes
                      : kBlockCacheDefault),
        serving(reaper),
        publisher(options.directory, *catalog, resources, serving,
                  std::move(options.live)),
        actions(options.directory, *catalog, publisher, *options.clock),
        erasure(
            {.dir = options.directory,
             .catalog = catalog.get(),
             .publisher = &publisher,
             .resources = &resources,
             .clock = options.clock,
             .erase_after_micros = options.storage.erase_after_s * kSecond}),
        definitions(*catalog, publisher, actions, *options.clock) {}

  Options options;
  FileLock lock;
  std::unique_ptr<Catalog> catalog;
  StoreResources resources;
  Reaper reaper;
  Serving serving;
  Publisher publisher;
  VersionActions actions;
  Erasure erasure;
  DefinitionsStore definitions;
  std::unique_ptr<LoadJobs> loads;
  std::vector<StartNote> notes;
};

absl::StatusOr<std::unique_ptr<Store>> Store::Open(Options options) {
  CHECK(options.clock != nullptr);
  const std::string& dir = options.directory;
  RETURN_IF_ERROR(MakeDirSynced(dir));
  ASSIGN_OR_RETURN(FileLock lock, FileLock::Acquire(LockPath(dir)));
  ASSIGN_OR_RETURN(auto catalog, Catalog::Open(dir));
  const int64_t now = options.clock->NowMicros();
  ASSIGN_OR_RETURN(
      auto notes,
      Reconcile(*catalog, {.dir = dir,
                           .now_micros = now,
                           .orphan_grace_micros =
                               options.storage.orphan_grace_s * kSecond}));
  auto parts = std::make_unique<Parts>(std::move(options), std::move(lock),
                                       std::move(catalog));
  parts->notes = std::move(notes);
  parts->catalog->SetListener(
      [say = parts->options.on_change](const CatalogState& before,
                                       const CatalogState& after) {
        if (!say) return;
        for (const CatalogChange& change : ChangesOf(before, after)) {
          say(change);
        }
      });
  // One view in trouble is no reason not to serve the others.
  if (const absl::Status trouble = parts->publisher.Refresh(now);
      !trouble.ok()) {
    parts->notes.push_back({trouble.ToString(), /*is_damage=*/true});
  }
  parts->loads = std::make_unique<LoadJobs>(LoadJobs::Parts{
      .dir = parts->options.directory,
      .catalog = parts->catalog.get(),
      .publisher = &parts->publisher,
      .actions = &parts->actions,
      .erasure = &parts->erasure,
      .clock = parts->options.clock,
      .settings = parts->options.load,
      .disk_reserve_bytes = parts->options.storage.disk_reserve_bytes,
      .free_memory = parts->options.free_memory,
      .on_change = parts->options.on_load_change,
      .say = parts->options.say});
  return std::unique_ptr<Store>(new Store(std::move(parts)));
}

Store::Store(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Store::~Store() = default;

const std::vector<StartNote>& Store::notes() const { return parts_->notes; }

absl::StatusOr<std::vector<std::string>> Store::Tidy() {
  const int64_t now = parts_->options.clock->NowMicros();
  absl::Status problem;
  if (parts_->publisher.has_trouble()) problem = parts_->publisher.Refresh(now);
  const Catalog::StatePtr state = parts_->catalog->state();
  for (const auto& [view, record] : state->views) {
    const absl::Status kept = parts_->actions.ApplyRetention(view);
    if (problem.ok()) problem = kept;
  }
  auto swept =
      SweepAside(parts_->options.directory,
                 parts_->options.storage.orphan_grace_s * kSecond, now);
  RETURN_IF_ERROR(problem);
  return swept;
}

Serving& Store::serving() { return parts_->serving; }
Catalog& Store::catalog() { return *parts_->catalog; }
Publisher& Store::publisher() { return parts_->publisher; }
VersionActions& Store::actions() { return parts_->actions; }
DefinitionsStore& Store::definitions() { return parts_->definitions; }
LoadJobs& Store::loads() { return *parts_->loads; }
Erasure& Store::erasure() { return parts_->erasure; }

}  // namespace freshet
