// SPDX-License-Identifier: Apache-2.0
#include "versions/serving_parts/version_opener.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <span>
#include <string_view>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/status.h"
#include "storage/store_resources.h"
#include "versions/erasure/forgotten.h"
#include "versions/layout.h"

namespace freshet {
namespace {

// Few enough that their pinned blocks are a small part of any cache.
constexpr size_t kKeysAtOnce = 64;

// A slow disk must not hold up a rollback; what is read by then is warm.
constexpr std::chrono::milliseconds kReplayMax(500);

absl::Status Replay(const Version& version, const Opening& opening) {
  const std::vector<std::string_view> keys(opening.recent_keys.begin(),
                                           opening.recent_keys.end());
  const auto end = std::chrono::steady_clock::now() + kReplayMax;
  RowBatch rows;
  for (size_t from = 0; from < keys.size(); from += kKeysAtOnce) {
    if (std::chrono::steady_clock::now() > end) break;
    const auto batch = std::span(keys).subspan(
        from, std::min(kKeysAtOnce, keys.size() - from));
    version.LookupCached(batch, rows);
    if (rows.needs_disk() > 0) version.LookupDisk(batch, rows);
    for (size_t i = 0; i < batch.size(); ++i) {
      if (rows.state(i) == RowBatch::State::kCorrupt) {
        return DataLoss("'{}' has a damaged block",
                        opening.chain.layers.front().dir);
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

VersionChain ChainOf(const std::string& dir, const ViewRecord& view,
                     const Manifest& manifest) {
  return ChainOver(
      dir, view,
      {VersionDir(dir, view.view, manifest.version, manifest.fold), manifest});
}

VersionChain ChainOver(const std::string& dir, const ViewRecord& view,
                       VersionDirectory building) {
  const VersionRecord* base = view.Find(building.expected.base);
  VersionChain chain;
  chain.layers.push_back(std::move(building));
  if (base != nullptr) {
    for (const VersionRecord* record : view.Chain(*base)) {
      const Manifest& manifest = record->manifest;
      chain.layers.push_back(
          {VersionDir(dir, view.view, manifest.version, manifest.fold),
           manifest});
    }
  }
  chain.forgotten = HiddenFrom(view, chain.layers.back().expected.version);
  return chain;
}

absl::StatusOr<std::shared_ptr<const Version>> OpenWarm(
    const Opening& opening, StoreResources& resources) {
  ASSIGN_OR_RETURN(std::shared_ptr<const Version> version,
                   Version::Open(opening.chain, resources));
  RETURN_IF_ERROR(version->Warm());
  RETURN_IF_ERROR(Replay(*version, opening));
  return version;
}

std::vector<absl::StatusOr<std::shared_ptr<const Version>>> OpenWarmAll(
    const std::vector<Opening>& openings, StoreResources& resources) {
  std::vector<absl::StatusOr<std::shared_ptr<const Version>>> results(
      openings.size(), absl::InternalError("not opened"));
  std::atomic<size_t> next{0};
  const auto work = [&] {
    for (size_t i = next++; i < openings.size(); i = next++) {
      results[i] = OpenWarm(openings[i], resources);
    }
  };
  std::vector<std::thread> threads;
  for (size_t i = 1; i < std::min(openings.size(), kOpeningsAtOnce); ++i) {
    threads.emplace_back(work);
  }
  work();
  for (std::thread& thread : threads) thread.join();
  return results;
}

}  // namespace freshet
