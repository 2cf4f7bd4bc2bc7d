// SPDX-License-Identifier: Apache-2.0
#include "versions/erasure/forgotten.h"

#include <algorithm>

namespace freshet {

std::vector<ForgottenKey> HiddenFrom(const ViewRecord& view, int64_t lowest) {
  std::vector<ForgottenKey> keys;
  for (const ForgottenEntity& forgotten : view.forgotten) {
    if (forgotten.key.until_version >= lowest) keys.push_back(forgotten.key);
  }
  return keys;
}

bool Holds(const ForgottenEntity& forgotten, int64_t version) {
  return version <= forgotten.key.until_version &&
         !forgotten.clean.contains(version);
}

std::vector<int64_t> HoldersOf(const ViewRecord& view,
                               const ForgottenEntity& forgotten) {
  std::vector<int64_t> versions;
  for (const auto& [id, record] : view.versions) {
    if (Holds(forgotten, id)) versions.push_back(id);
  }
  return versions;
}

namespace {

// Whether a version that was written without the rows of `keys` has none of
// `forgotten`.
bool WasLeftOut(const ForgottenEntity& forgotten, int64_t version,
                const std::vector<ForgottenKey>& keys) {
  return std::any_of(keys.begin(), keys.end(), [&](const ForgottenKey& key) {
    return key.hash == forgotten.key.hash &&
           key.join_keys == forgotten.key.join_keys &&
           key.until_version >= version;
  });
}

}  // namespace

void NoteClean(int64_t version, const std::vector<ForgottenKey>& keys,
               ViewRecord& view) {
  for (ForgottenEntity& forgotten : view.forgotten) {
    if (WasLeftOut(forgotten, version, keys)) forgotten.clean.insert(version);
  }
}

void NoteMerged(int64_t version, const std::vector<ForgottenKey>& keys,
                ViewRecord& view) {
  for (ForgottenEntity& forgotten : view.forgotten) {
    if (!WasLeftOut(forgotten, version, keys)) forgotten.clean.erase(version);
  }
}

void NoteRewritten(const Manifest& before, const Manifest& built,
                   ViewRecord& view) {
  VersionRecord& written = view.versions.at(built.version);
  const VersionRecord* base = view.Find(built.base);
  written.recount = base != nullptr && base->recount;
  if (built.live_rows == before.live_rows) return;
  for (auto& [id, record] : view.versions) {
    const auto chain = view.Chain(record);
    if (id != built.version &&
        std::find(chain.begin(), chain.end(), &written) != chain.end()) {
      record.recount = true;
    }
  }
}

}  // namespace freshet
