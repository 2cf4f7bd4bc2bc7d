// SPDX-License-Identifier: Apache-2.0
#include "ingest/live/entity_keys.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/hash.h"
#include "base/status.h"
#include "features/key_codec.h"

namespace freshet {
namespace {

// Of each join key in the view's key. Empty: it does not have all of them.
std::vector<size_t> PlacesIn(const std::vector<KeyPart>& view_key,
                             const std::vector<KeyPart>& join_keys) {
  std::vector<size_t> places;
  for (const KeyPart& join_key : join_keys) {
    const auto part = std::find_if(
        view_key.begin(), view_key.end(),
        [&](const KeyPart& one) { return one.name == join_key.name; });
    if (part == view_key.end()) return {};
    places.push_back(static_cast<size_t>(part - view_key.begin()));
  }
  return places;
}

void AppendPart(const Value& value, bool last, std::string* key) {
  if (const auto* number = std::get_if<int64_t>(&value.v)) {
    AppendKeyInt64(*number, key);
  } else {
    AppendKeyBytes(std::get<std::string>(value.v), last, key);
  }
}

}  // namespace

absl::StatusOr<EntityKeys> EntityKeys::Make(
    std::vector<KeyPart> join_keys,
    const std::vector<std::vector<Value>>& keys) {
  EntityKeys made(std::move(join_keys));
  for (const std::vector<Value>& key : keys) {
    ASSIGN_OR_RETURN(std::string encoded, EncodeKey(made.join_keys_, key));
    const bool is_new =
        made.by_encoded_.emplace(std::move(encoded), made.keys_.size()).second;
    if (is_new) made.keys_.push_back(key);
  }
  return made;
}

std::vector<uint64_t> EntityKeys::Hashes() const {
  std::vector<uint64_t> hashes(keys_.size());
  for (const auto& [encoded, i] : by_encoded_) hashes[i] = Xxh3(encoded);
  return hashes;
}

absl::StatusOr<std::vector<std::string>> EntityKeys::PrefixesIn(
    const std::vector<KeyPart>& view_key,
    const std::vector<size_t>& places) const {
  const size_t parts = places.size();
  const bool first = *std::max_element(places.begin(), places.end()) < parts;
  if (!first) return std::vector<std::string>{""};
  std::vector<std::string> prefixes;
  for (const std::vector<Value>& key : keys_) {
    std::string& prefix = prefixes.emplace_back();
    for (size_t place = 0; place < parts; ++place) {
      const auto at = std::find(places.begin(), places.end(), place);
      AppendPart(key[static_cast<size_t>(at - places.begin())],
                 /*last=*/place + 1 == view_key.size(), &prefix);
    }
  }
  // One may begin another.
  std::sort(prefixes.begin(), prefixes.end());
  std::vector<std::string> apart;
  for (std::string& prefix : prefixes) {
    if (apart.empty() || !prefix.starts_with(apart.back())) {
      apart.push_back(std::move(prefix));
    }
  }
  return apart;
}

absl::Status EntityKeys::FindIn(const LiveGeneration& generation,
                                const Layout& layout,
                                const Visit& visit) const {
  const std::vector<size_t> places = PlacesIn(layout.key, join_keys_);
  if (places.empty() || keys_.empty()) return absl::OkStatus();
  absl::Status status;
  std::string looked_at;  // Values of one entity follow one another.
  std::optional<size_t> found;
  const auto look = [&](std::string_view key) -> absl::Status {
    if (key.size() < layout.beyond) {
      return DataLoss("a value of the live store has no entity");
    }
    const std::string_view entity = key.substr(0, key.size() - layout.beyond);
    if (looked_at.empty() || entity != looked_at) {
      looked_at = entity;
      ASSIGN_OR_RETURN(const std::vector<Value> values,
                       DecodeKey(layout.key, entity));
      std::vector<Value> own;
      for (const size_t place : places) own.push_back(values[place]);
      ASSIGN_OR_RETURN(const std::string encoded, EncodeKey(join_keys_, own));
      const auto one = by_encoded_.find(encoded);
      found =
          one == by_encoded_.end() ? std::nullopt : std::optional(one->second);
    }
    return found ? visit(*found, key) : absl::OkStatus();
  };
  ASSIGN_OR_RETURN(const std::vector<std::string> prefixes,
                   PrefixesIn(layout.key, places));
  for (const std::string& prefix : prefixes) {
    RETURN_IF_ERROR(
        generation.Scan(prefix, [&](std::string_view key, std::string_view) {
          if (!key.starts_with(prefix)) return false;
          status = look(key);
          return status.ok();
        }));
    RETURN_IF_ERROR(status);
  }
  return absl::OkStatus();
}

}  // namespace freshet
