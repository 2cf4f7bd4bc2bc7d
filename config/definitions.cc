// SPDX-License-Identifier: Apache-2.0
#include "config/definitions.h"

#include "base/check.h"

namespace freshet {
namespace {

template <typename T>
const T* FindByName(const std::vector<T>& things, std::string_view name) {
  for (const T& thing : things) {
    if (thing.name == name) return &thing;
  }
  return nullptr;
}

}  // namespace

const Entity* Definitions::FindEntity(std::string_view name) const {
  return FindByName(entities, name);
}

const BatchFeatureView* Definitions::FindView(std::string_view name) const {
  return FindByName(batch_views, name);
}

const StreamSource* Definitions::FindStreamSource(std::string_view name) const {
  return FindByName(stream_sources, name);
}

const WindowedView* Definitions::FindStreamView(std::string_view name) const {
  return FindByName(stream_views, name);
}

const FeatureService* Definitions::FindService(std::string_view name) const {
  return FindByName(services, name);
}

std::vector<JoinKey> Definitions::JoinKeysOf(
    const std::vector<std::string>& view_entities) const {
  std::vector<JoinKey> keys;
  for (const std::string& name : view_entities) {
    const Entity* entity = FindEntity(name);
    CHECK(entity != nullptr);
    keys.insert(keys.end(), entity->join_keys.begin(), entity->join_keys.end());
  }
  return keys;
}

std::vector<std::string> Definitions::GroupOf(
    const BatchFeatureView& view) const {
  if (view.snapshot_group.empty()) return {view.name};
  std::vector<std::string> names;
  for (const BatchFeatureView& other : batch_views) {
    if (other.snapshot_group == view.snapshot_group) {
      names.push_back(other.name);
    }
  }
  return names;
}

}  // namespace freshet
