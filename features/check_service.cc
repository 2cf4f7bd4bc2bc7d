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
  using View = DefinitionIndex::View;

  void AddAll(const FeatureRef& ref, const View& view);
  void AddOne(const FeatureRef& ref, const View& view);
  void Append(FeatureRef ref);
  void CheckKeys(const FeatureRef& ref, const View& view);
  void CheckKey(const FeatureRef& ref, const View& view, const JoinKey& key);
  void AddProblem(const FeatureRef& ref, const std::string& message);
  // `names`: gives those there are.
  template <typename Names>
  std::string Advice(std::string_view wanted, Names names) {
    if (problems_.size() > kProblemsWithAdvice) return "";
    return DidYouMean(wanted, names());
  }

  const DefinitionIndex& index_;
  const FeatureService& service_;
  std::vector<Problem>& problems_;
  std::vector<FeatureRef> refs_;
  std::set<std::pair<std::string, std::string>> seen_;
  std::set<const View*> views_;
  std::set<const View*> whole_views_;
  // Of the views that were asked for one feature.
  std::map<const View*, std::set<std::string>> features_;
  // Join key -> its type, and the view that has it so.
  std::map<std::string, std::pair<Type, std::string>> keys_;
};

void Expansion::AddProblem(const FeatureRef& ref, const std::string& message) {
  problems_.push_back(
      {ref.at, fmt::format("service '{}' {}", service_.name, message)});
}

void Expansion::Add(const FeatureRef& ref) {
  const View* view = index_.FindView(ref.view);
  if (view == nullptr) {
    if (!index_.KnowsViews()) return;
    AddProblem(
        ref,
        fmt::format("names a view '{}' that is not defined{}", ref.view,
                    Advice(ref.view, [this] { return index_.ViewNames(); })));
    return;
  }
  if (views_.insert(view).second) CheckKeys(ref, *view);
  if (ref.feature == "*") {
    AddAll(ref, *view);
  } else {
    AddOne(ref, *view);
  }
}

void Expansion::AddAll(const FeatureRef& ref, const View& view) {
  // Not written out twice: a hostile file could repeat a wide view often.
  if (!whole_views_.insert(&view).second) {
    AddProblem(ref, fmt::format("names all of view '{}' twice; remove one",
                                view.name()));
    return;
  }
  for (const std::string& feature : view.FeatureNames()) {
    if (feature.empty()) continue;  // A problem already.
    Append({view.name(), feature, ref.at});
  }
}

void Expansion::AddOne(const FeatureRef& ref, const View& view) {
  auto& names = features_[&view];
  if (names.empty()) {
    for (std::string& name : view.FeatureNames()) names.insert(std::move(name));
  }
  if (names.contains(ref.feature)) return Append(ref);
  if (!index_.KnowsFeatures(view.name())) return;
  AddProblem(ref, fmt::format("names a feature '{}' that view '{}' has not{}",
                              ref.feature, view.name(),
                              Advice(ref.feature,
                                     [&view] { return view.FeatureNames(); })));
}

void Expansion::Append(FeatureRef ref) {
  if (!seen_.emplace(ref.view, ref.feature).second) {
    AddProblem(ref, fmt::format("names '{}.{}' twice; remove one", ref.view,
                                ref.feature));
    return;
  }
  refs_.push_back(std::move(ref));
}

void Expansion::CheckKeys(const FeatureRef& ref, const View& view) {
  for (const std::string& name : view.entities()) {
    const Entity* entity = index_.FindEntity(name);
    if (entity == nullptr) continue;  // A problem already.
    for (const JoinKey& key : entity->join_keys) CheckKey(ref, view, key);
  }
}

void Expansion::CheckKey(const FeatureRef& ref, const View& view,
                         const JoinKey& key) {
  if (key.misread) return;
  const auto [first, is_new] =
      keys_.emplace(key.name, std::make_pair(key.type, view.name()));
  const auto& [type, owner] = first->second;
  if (type == key.type) return;
  AddProblem(ref,
             fmt::format("has the join key '{}' as {} (view '{}') and as {} "
                         "(view '{}'); rename one, and map its column under "
                         "'columns'",
                         key.name, type.ToString(), owner, key.type.ToString(),
                         view.name()));
}

// A name that was wrong is not there.
template <typename T>
bool HasNameless(const std::vector<T>& things) {
  return std::any_of(things.begin(), things.end(),
                     [](const T& thing) { return thing.name.empty(); });
}

}  // namespace

const std::string& DefinitionIndex::View::name() const {
  return batch != nullptr ? batch->name : stream->name;
}

const std::vector<std::string>& DefinitionIndex::View::entities() const {
  return batch != nullptr ? batch->entities : stream->entities;
}

std::vector<std::string> DefinitionIndex::View::FeatureNames() const {
  if (stream != nullptr) return WindowFeatureNames(*stream);
  std::vector<std::string> names;
  for (const Feature& feature : batch->features) names.push_back(feature.name);
  return names;
}

DefinitionIndex::DefinitionIndex(const Definitions& definitions)
    : knows_views_(!definitions.misread) {
  for (const Entity& entity : definitions.entities) {
    if (entities_by_name_.emplace(entity.name, &entity).second) continue;
    ambiguous_entities_.insert(entity.name);
  }
  for (const BatchFeatureView& view : definitions.batch_views) {
    Add({.batch = &view}, view.features.empty() || HasNameless(view.features));
  }
  for (const WindowedView& view : definitions.stream_views) {
    Add({.stream = &view}, view.misread);
  }
}

void DefinitionIndex::Add(const View& view, bool vague) {
  if (view.name().empty()) knows_views_ = false;
  const bool is_new = views_by_name_.emplace(view.name(), view).second;
  // It may be the other one that is meant.
  if (vague || !is_new) vague_views_.insert(view.name());
}

bool DefinitionIndex::KnowsKeys(
    const std::vector<std::string>& entities) const {
  const auto known = [this](const std::string& name) {
    const Entity* entity = FindEntity(name);
    return entity != nullptr && !entity->join_keys.empty() &&
           !ambiguous_entities_.contains(name) &&
           !HasNameless(entity->join_keys);
  };
  return !entities.empty() &&
         std::all_of(entities.begin(), entities.end(), known);
}

const Entity* DefinitionIndex::FindEntity(std::string_view name) const {
  const auto found = entities_by_name_.find(name);
  return found == entities_by_name_.end() ? nullptr : found->second;
}

const DefinitionIndex::View* DefinitionIndex::FindView(
    std::string_view name) const {
  const auto found = views_by_name_.find(name);
  return found == views_by_name_.end() ? nullptr : &found->second;
}

std::vector<std::string> DefinitionIndex::ViewNames() const {
  std::vector<std::string> names;
  for (const auto& [name, view] : views_by_name_) names.emplace_back(name);
  return names;
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
