// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/definitions.h"
#include "config/parse.h"

namespace freshet {

// The entities and views of definitions by name: one file may have tens of
// thousands of each. The definitions must outlive it, unchanged but for their
// services.
class DefinitionIndex {
 public:
  // A view of any kind: one of these is not null.
  struct View {
    const BatchFeatureView* batch = nullptr;
    const WindowedView* stream = nullptr;

    const std::string& name() const;
    const std::vector<std::string>& entities() const;
    // One that was wrong has no name.
    std::vector<std::string> FeatureNames() const;
  };

  explicit DefinitionIndex(const Definitions& definitions);

  // Null if there is none. Of two with one name, the first.
  const Entity* FindEntity(std::string_view name) const;
  const View* FindView(std::string_view name) const;
  std::vector<std::string> ViewNames() const;

  // Whether all that the text says of it was read and is meant: a view that
  // is not found is none, a feature that a view lacks is not there, a view's
  // join keys are those of its entities.
  bool KnowsViews() const { return knows_views_; }
  bool KnowsFeatures(std::string_view view) const {
    return !vague_views_.contains(view);
  }
  bool KnowsKeys(const std::vector<std::string>& entities) const;

 private:
  void Add(const View& view, bool vague);

  bool knows_views_ = true;
  // Features of theirs may be missing here.
  std::set<std::string_view> vague_views_;
  std::set<std::string_view> ambiguous_entities_;  // Named twice.
  std::map<std::string_view, const Entity*> entities_by_name_;
  std::map<std::string_view, View> views_by_name_;
};

// Checks that the service's features exist, each once, and that a join key
// has one type in all of its views. Replaces "*" by the features of its view.
void CheckService(const DefinitionIndex& index, FeatureService& service,
                  std::vector<Problem>& problems);

// "; did you mean 'a' or 'b'?", or "" if none of `names` is near.
std::string DidYouMean(std::string_view wanted,
                       const std::vector<std::string>& names);

}  // namespace freshet
