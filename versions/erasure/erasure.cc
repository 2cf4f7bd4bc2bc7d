// SPDX-License-Identifier: Apache-2.0
#include "versions/erasure/erasure.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/status.h"
#include "features/key_codec.h"
#include "storage/erasure/own_rows.h"
#include "storage/json_fields.h"
#include "storage/store_resources.h"
#include "versions/erasure/forgotten.h"
#include "versions/layout.h"
#include "versions/serving_parts/version_opener.h"
#include "versions/upkeep/aside.h"

namespace freshet {
namespace {

using nlohmann::json;

absl::StatusOr<const Entity*> FindEntity(const Definitions& definitions,
                                         const std::string& name) {
  const Entity* entity = definitions.FindEntity(name);
  if (entity != nullptr) return entity;
  std::vector<std::string> names;
  for (const Entity& one : definitions.entities) names.push_back(one.name);
  return NotFound(
      "no entity '{}'; there is: {}", name,
      names.empty() ? "none" : fmt::format("'{}'", fmt::join(names, "', '")));
}

std::vector<KeyPart> PartsOf(const std::vector<JoinKey>& keys) {
  std::vector<KeyPart> parts;
  for (const JoinKey& key : keys) parts.push_back({key.name, key.type});
  return parts;
}

std::vector<std::string> NamesOf(const std::vector<KeyPart>& parts) {
  std::vector<std::string> names;
  for (const KeyPart& part : parts) names.push_back(part.name);
  return names;
}

std::vector<BatchFeatureView> ViewsOf(const Definitions& definitions,
                                      const std::string& entity) {
  std::vector<BatchFeatureView> views;
  for (const BatchFeatureView& view : definitions.batch_views) {
    const auto& all = view.entities;
    if (std::find(all.begin(), all.end(), entity) != all.end()) {
      views.push_back(view);
    }
  }
  return views;
}

bool IsSame(const ForgottenEntity& one, const ForgottenEntity& other) {
  return one.entity == other.entity && one.key.hash == other.key.hash &&
         one.key.join_keys == other.key.join_keys;
}

// Asked again: what was loaded since is to go as well.
absl::Status Add(ForgottenEntity added, ViewRecord& view) {
  added.key.until_version = view.next_version - 1;
  auto& all = view.forgotten;
  const auto same = std::find_if(
      all.begin(), all.end(),
      [&](const ForgottenEntity& one) { return IsSame(one, added); });
  if (same != all.end()) {
    added.clean.merge(std::set(same->clean));
    all.erase(same);
  }
  if (all.size() >= Erasure::kForgottenMax) {
    return ResourceExhausted(
        "view '{}': {} keys that were forgotten are not erased from the disk "
        "yet; forget more when they are (`freshet forget --list`)",
        view.view, all.size());
  }
  all.push_back(std::move(added));
  return absl::OkStatus();
}

// Of those looked at, what was not folded since.
std::set<int64_t> StillClean(const ViewRecord& view,
                             const std::map<int64_t, int64_t>& folds) {
  std::set<int64_t> clean;
  for (const auto& [id, fold] : folds) {
    const VersionRecord* version = view.Find(id);
    if (version != nullptr && version->manifest.fold == fold) clean.insert(id);
  }
  return clean;
}

// With another key than the view has now nobody can say which rows are the
// entity's. They do not serve, but would again if that key came back.
std::vector<Manifest> DropUnreadable(ViewRecord& view) {
  std::vector<Manifest> dropped;
  for (const auto& [id, version] : view.versions) {
    if (version.manifest.schema.key() != view.schema.key()) {
      dropped.push_back(version.manifest);
    }
  }
  for (const Manifest& manifest : dropped) {
    EraseVersion(manifest.version, view);
  }
  return dropped;
}

std::vector<Forgotten> ListOf(const CatalogState& state,
                              int64_t erase_after_micros) {
  std::vector<Forgotten> all;
  for (const auto& [name, view] : state.views) {
    for (const ForgottenEntity& one : view.forgotten) {
      auto same = std::find_if(all.begin(), all.end(), [&](const auto& other) {
        return other.entity == one.entity && other.hash == one.key.hash &&
               other.at_micros == one.at_micros;
      });
      if (same == all.end()) {
        all.push_back({one.entity, one.key.hash, one.at_micros, one.who, {}});
        same = all.end() - 1;
      }
      same->views.push_back(
          {.view = name,
           .until_version = one.key.until_version,
           .versions = HoldersOf(view, one),
           .certain = view.schema.key().size() == one.key.join_keys.size(),
           .erase_micros = one.at_micros + erase_after_micros});
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a.at_micros < b.at_micros;
  });
  return all;
}

json ToJson(const Forgotten& forgotten) {
  json views = json::array();
  for (const Forgotten::InView& in : forgotten.views) {
    views.push_back({{"view", in.view},
                     {"until_version", in.until_version},
                     {"versions", in.versions}});
  }
  return {{"entity", forgotten.entity},
          {"key", Hex64Text(forgotten.hash)},
          {"views", std::move(views)}};
}

}  // namespace

struct Erasure::Key {
  std::string encoded;
  ForgottenEntity entry;
  // By view: versions without it, and which fold of them was looked at.
  std::map<std::string, std::map<int64_t, int64_t>> clean;
};

Erasure::Erasure(Parts parts) : parts_(std::move(parts)), audit_(parts_.dir) {}

absl::StatusOr<std::vector<Erasure::Key>> Erasure::KeysOf(
    const Request& request, const Entity& entity) const {
  if (request.keys.empty() || request.keys.size() > kKeysMax) {
    return InvalidArgument(
        "{} keys are given, 1 to {} can be forgotten at once",
        request.keys.size(), kKeysMax);
  }
  const std::vector<KeyPart> parts = PartsOf(entity.join_keys);
  std::vector<Key> keys;
  for (const std::vector<Value>& values : request.keys) {
    auto encoded = EncodeKey(parts, values);
    if (!encoded.ok()) {
      return Annotate(encoded.status(),
                      fmt::format("entity '{}'", entity.name));
    }
    const bool is_known =
        std::any_of(keys.begin(), keys.end(),
                    [&](const Key& key) { return key.encoded == *encoded; });
    if (is_known) continue;
    Key key;
    key.encoded = *std::move(encoded);
    key.entry.entity = entity.name;
    key.entry.key.join_keys = NamesOf(parts);
    key.entry.key.hash = Xxh3(key.encoded);
    key.entry.who = request.who;
    keys.push_back(std::move(key));
  }
  return keys;
}

// Where the entity is all of the key, a lookup tells what has it. What cannot
// be read may have it.
void Erasure::FindClean(const BatchFeatureView& view, const CatalogState& state,
                        Key& key) const {
  const auto record = state.views.find(view.name);
  // Keys of a history go on behind the entity's.
  if (view.history || record == state.views.end()) return;
  const ViewRecord& known = record->second;
  if (NamesOf(known.schema.key()) != key.entry.key.join_keys) return;
  for (const auto& [id, version] : known.versions) {
    if (version.manifest.schema.key() != known.schema.key() ||
        version.phase == VersionRecord::Phase::kCorrupt) {
      continue;
    }
    const VersionDirectory own =
        ChainOf(parts_.dir, known, version.manifest).layers.front();
    const auto has = HasOwnRow(own, key.encoded, *parts_.resources);
    if (has.ok() && !*has) {
      key.clean[view.name].emplace(id, version.manifest.fold);
    }
  }
}

absl::StatusOr<std::vector<Forgotten>> Erasure::Forget(const Request& request) {
  const auto definitions = parts_.publisher->definitions();
  ASSIGN_OR_RETURN(const Entity* const entity,
                   FindEntity(*definitions, request.entity));
  ASSIGN_OR_RETURN(std::vector<Key> keys, KeysOf(request, *entity));
  std::vector<std::string> views;
  const Catalog::StatePtr state = parts_.catalog->state();
  for (const BatchFeatureView& view : ViewsOf(*definitions, entity->name)) {
    views.push_back(view.name);
    for (Key& key : keys) FindClean(view, *state, key);
  }
  const int64_t now = parts_.clock->NowMicros();
  std::vector<Manifest> unreadable;
  ASSIGN_OR_RETURN(const std::vector<Forgotten> done,
                   Commit(keys, views, now, unreadable));
  absl::Status rest = Publish(views, now, unreadable);
  DropCached(keys, views);
  if (rest.ok()) rest = Audit(request, done, now);
  RETURN_IF_ERROR(Annotate(rest, "committed, but"));
  return done;
}

absl::StatusOr<std::vector<Forgotten>> Erasure::Commit(
    const std::vector<Key>& keys, const std::vector<std::string>& views,
    int64_t now, std::vector<Manifest>& unreadable) {
  std::vector<Forgotten> done;
  const auto add = [&](CatalogState& state) -> absl::Status {
    for (const std::string& view : views) {
      const auto record = state.views.find(view);
      if (record == state.views.end()) continue;
      for (Manifest& manifest : DropUnreadable(record->second)) {
        unreadable.push_back(std::move(manifest));
      }
      for (const Key& key : keys) {
        ForgottenEntity entry = key.entry;
        entry.at_micros = now;
        const auto clean = key.clean.find(view);
        if (clean != key.clean.end()) {
          entry.clean = StillClean(record->second, clean->second);
        }
        RETURN_IF_ERROR(Add(std::move(entry), record->second));
      }
    }
    const std::vector<Forgotten> all = ListOf(state, parts_.erase_after_micros);
    for (const Key& key : keys) {
      const ForgottenEntity& entry = key.entry;
      const auto one =
          std::find_if(all.begin(), all.end(), [&](const Forgotten& forgotten) {
            return forgotten.entity == entry.entity &&
                   forgotten.hash == entry.key.hash &&
                   forgotten.at_micros == now;
          });
      // Of an entity without views there is none; what waits of a view that
      // had it before is not of this call.
      done.push_back(
          one == all.end()
              ? Forgotten{entry.entity, entry.key.hash, now, entry.who, {}}
              : *one);
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(parts_.catalog->Commit(add));
  return done;
}

absl::Status Erasure::Publish(const std::vector<std::string>& views,
                              int64_t now,
                              const std::vector<Manifest>& unreadable) {
  // Once more, so that both copies of the catalog have it: the older one alone
  // would answer with the person again.
  RETURN_IF_ERROR(
      parts_.catalog->Commit([](CatalogState&) { return absl::OkStatus(); }));
  for (const std::string& view : views) {
    RETURN_IF_ERROR(parts_.publisher->Refresh(now, view));
  }
  for (const Manifest& gone : unreadable) {
    RETURN_IF_ERROR(
        RemoveVersionDir(parts_.dir, gone.view, gone.version, gone.fold));
  }
  return absl::OkStatus();
}

void Erasure::DropCached(const std::vector<Key>& keys,
                         const std::vector<std::string>& views) {
  const Catalog::StatePtr state = parts_.catalog->state();
  for (const std::string& view : views) {
    const auto record = state->views.find(view);
    if (record == state->views.end()) continue;
    for (const auto& [id, version] : record->second.versions) {
      for (const Key& key : keys) {
        DropCachedRow(version.manifest, key.encoded, *parts_.resources);
      }
    }
  }
}

absl::Status Erasure::Audit(const Request& request,
                            const std::vector<Forgotten>& forgotten,
                            int64_t now) {
  for (const Forgotten& one : forgotten) {
    RETURN_IF_ERROR(audit_.Append(
        {.at_micros = now, .action = "forget", .who = request.who},
        ToJson(one)));
  }
  return absl::OkStatus();
}

std::vector<Forgotten> Erasure::List() const {
  return ListOf(*parts_.catalog->state(), parts_.erase_after_micros);
}

int64_t Erasure::due_micros() const {
  return parts_.clock->NowMicros() - parts_.erase_after_micros;
}

absl::Status Erasure::NoteErased(const std::string& view, int64_t version,
                                 const std::vector<ForgottenKey>& keys) {
  if (keys.empty()) return absl::OkStatus();
  return parts_.catalog->Commit([&](CatalogState& state) {
    const auto record = state.views.find(view);
    if (record != state.views.end()) NoteClean(version, keys, record->second);
    return absl::OkStatus();
  });
}

absl::Status Erasure::DropErased(
    const std::function<bool(const std::string& view)>& is_loading) {
  const int64_t now = parts_.clock->NowMicros();
  const auto is_erased = [&](const ViewRecord& view,
                             const ForgottenEntity& forgotten) {
    return HoldersOf(view, forgotten).empty() && !is_loading(view.view) &&
           !IsAside(parts_.dir, view.view);
  };
  const auto drop = [&](CatalogState& state) -> absl::Status {
    for (auto& [name, view] : state.views) {
      std::vector<ForgottenEntity> left;
      for (ForgottenEntity& forgotten : view.forgotten) {
        if (!is_erased(view, forgotten)) {
          left.push_back(std::move(forgotten));
          continue;
        }
        RETURN_IF_ERROR(audit_.Append(
            {.at_micros = now, .action = "erased", .who = "freshetd"},
            {{"entity", forgotten.entity},
             {"key", Hex64Text(forgotten.key.hash)},
             {"view", name},
             {"until_version", forgotten.key.until_version}}));
      }
      view.forgotten = std::move(left);
    }
    return absl::OkStatus();
  };
  const Catalog::StatePtr state = parts_.catalog->state();
  std::vector<std::string> changed;
  for (const auto& [name, view] : state->views) {
    const bool any = std::any_of(
        view.forgotten.begin(), view.forgotten.end(),
        [&, &known = view](const auto& one) { return is_erased(known, one); });
    if (any) changed.push_back(name);
  }
  if (changed.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(parts_.catalog->Commit(drop));
  // So that requests look for it no more.
  for (const std::string& view : changed) {
    RETURN_IF_ERROR(parts_.publisher->Refresh(now, view));
  }
  return absl::OkStatus();
}

}  // namespace freshet
