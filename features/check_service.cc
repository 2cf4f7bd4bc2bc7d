// SPDX-License-Identifier: Apache-2.0
#include "features/check_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace freshet {
namespace {

// From so many problems on, names are not compared any more: that takes time,
// and a hostile file could make it long.
constexpr size_t kProblemsWithAdvice = 100;

// One service's references, in order, with "*" written out.
class Expansion {
 public:
  Expansion(const DefinitionIndex& index, const FeatureService& service,
            std::vector<Problem>& problems)
      : index_(index), service_(service), problems_(problems) {}

  void Add(const FeatureRef& ref);
  std::vector<FeatureRef> Take() { return std::move(refs_); }

 private:
  void AddAll(const FeatureRef& ref, const BatchFeatureView& view);
  void AddOne(const FeatureRef& ref, const BatchFeatureView& view);
  void Append(FeatureRef ref);
  void CheckKeys(const FeatureRef& ref, const BatchFeatureView& view);
  void CheckKey(const FeatureRef& ref, const BatchFeatureView& view,
                const JoinKey& key);
  void AddProblem(const FeatureRef& ref, const std::string& message);

  template <typename T>
  std::string Advice(std::string_view wanted, const std::vector<T>& things) {
    if (problems_.size() > kProblemsWithAdvice) return "";
    std::vector<std::string> names;
    for (const T& thing : things) names.push_back(thing.name);
    return DidYouMean(wanted, names);
  }

  const DefinitionIndex& index_;
  const FeatureService& service_;
  std::vector<Problem>& problems_;
  std::vector<FeatureRef> refs_;
  std::set<std::pair<std::string, std::string>> seen_;
  std::set<const BatchFeatureView*> views_;
  std::set<const BatchFeatureView*> whole_views_;
  // Of the views that were asked for one feature.
  std::map<const BatchFeatureView*, std::set<std::string_view>> features_;
  // Join key -> its type, and the view that has it so.
  std::map<std::string, std::pair<Type, std::string>> keys_;
};

void Expansion::AddProblem(const FeatureRef& ref, const std::string& message) {
  problems_.push_back(
      {ref.at, fmt::format("service '{}' {}", service_.name, message)});
}

void Expansion::Add(const FeatureRef& ref) {
  const BatchFeatureView* view = index_.FindView(ref.view);
  if (view == nullptr) {
    if (!index_.KnowsViews()) return;
    AddProblem(ref, fmt::format("names a view '{}' that is not defined{}",
                                ref.view, Advice(ref.view, index_.views())));
    return;
  }
  if (views_.insert(view).second) CheckKeys(ref, *view);
  if (ref.feature == "*") {
    AddAll(ref, *view);
  } else {
    AddOne(ref, *view);
  }
}

void Expansion::AddAll(const FeatureRef& ref, const BatchFeatureView& view) {
  // Not written out twice: a hostile file could repeat a wide view often.
  if (!whole_views_.insert(&view).second) {
    AddProblem(ref, fmt::format("names all of view '{}' twice; remove one",
                                view.name));
    return;
  }
  for (const Feature& feature : view.features) {
    if (feature.name.empty()) continue;  // A problem already.
    Append({view.name, feature.name, ref.at});
  }
}

void Expansion::AddOne(const FeatureRef& ref, const BatchFeatureView& view) {
  auto& names = features_[&view];
  if (names.empty()) {
    for (const Feature& feature : view.features) names.insert(feature.name);
  }
  if (names.contains(ref.feature)) return Append(ref);
  if (!index_.KnowsFeatures(view)) return;
  AddProblem(ref, fmt::format("names a feature '{}' that view '{}' has not{}",
                              ref.feature, view.name,
                              Advice(ref.feature, view.features)));
}

void Expansion::Append(FeatureRef ref) {
  if (!seen_.emplace(ref.view, ref.feature).second) {
    AddProblem(ref, fmt::format("names '{}.{}' twice; remove one", ref.view,
                                ref.feature));
    return;
  }
  refs_.push_back(std::move(ref));
}

void Expansion::CheckKeys(const FeatureRef& ref, const BatchFeatureView& view) {
  for (const std::string& name : view.entities) {
    const Entity* entity = index_.FindEntity(name);
    if (entity == nullptr) continue;  // A problem already.
    for (const JoinKey& key : entity->join_keys) CheckKey(ref, view, key);
  }
}

void Expansion::CheckKey(const FeatureRef& ref, const BatchFeatureView& view,
                         const JoinKey& key) {
  if (key.misread) return;
  const auto [first, is_new] =
      keys_.emplace(key.name, std::make_pair(key.type, view.name));
  const auto& [type, owner] = first->second;
  if (type == key.type) return;
  AddProblem(ref,
             fmt::format("has the join key '{}' as {} (view '{}') and as {} "
                         "(view '{}'); rename one, and map its column under "
                         "'columns'",
                         key.name, type.ToString(), owner, key.type.ToString(),
                         view.name));
}

// A name that was wrong is not there.
template <typename T>
bool HasNameless(const std::vector<T>& things) {
  return std::any_of(things.begin(), things.end(),
                     [](const T& thing) { return thing.name.empty(); });
}

}  // namespace

DefinitionIndex::DefinitionIndex(const Definitions& definitions)
    : views_(definitions.batch_views), knows_views_(!definitions.misread) {
  for (const Entity& entity : definitions.entities) {
    if (entities_by_name_.emplace(entity.name, &entity).second) continue;
    ambiguous_entities_.insert(entity.name);
  }
  for (const BatchFeatureView& view : views_) {
    if (view.name.empty()) knows_views_ = false;
    if (view.features.empty() || HasNameless(view.features)) {
      vague_views_.insert(&view);
    }
    const auto [first, is_new] = views_by_name_.emplace(view.name, &view);
    // It may be the other one that is meant.
    if (!is_new) vague_views_.insert({first->second, &view});
  }
}

bool DefinitionIndex::KnowsKeys(const BatchFeatureView& view) const {
  const auto known = [this](const std::string& name) {
    const Entity* entity = FindEntity(name);
    return entity != nullptr && !entity->join_keys.empty() &&
           !ambiguous_entities_.contains(name) &&
           !HasNameless(entity->join_keys);
  };
  return !view.entities.empty() &&
         std::all_of(view.entities.begin(), view.entities.end(), known);
}

const Entity* DefinitionIndex::FindEntity(std::string_view name) const {
  const auto found = entities_by_name_.find(name);
  return found == entities_by_name_.end() ? nullptr : found->second;
}

const BatchFeatureView* DefinitionIndex::FindView(std::string_view name) const {
  const auto found = views_by_name_.find(name);
  return found == views_by_name_.end() ? nullptr : found->second;
}

std::string DidYouMean(std::string_view wanted,
                       const std::vector<std::string>& names) {
  const auto nearest = NearestNames(wanted, names, 2);
  if (nearest.empty()) return "";
  if (nearest.size() == 1) {
    return fmt::format("; did you mean '{}'?", nearest[0]);
  }
  return fmt::format("; did you mean '{}' or '{}'?", nearest[0], nearest[1]);
}

void CheckService(const DefinitionIndex& index, FeatureService& service,
                  std::vector<Problem>& problems) {
  Expansion expansion(index, service, problems);
  for (const FeatureRef& ref : service.features) expansion.Add(ref);
  service.features = expansion.Take();
}

}  // namespace freshet
