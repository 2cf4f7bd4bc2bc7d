// SPDX-License-Identifier: Apache-2.0
#include "versions/rules/stream_changes.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "features/streams/windowed_view_plan.h"

namespace freshet {
namespace {

std::string TextOf(const StreamSource& source) {
  Definitions alone;
  alone.stream_sources.push_back(source);
  return CanonicalText(alone);
}

std::string TextOf(const WindowedView& view) {
  Definitions alone;
  alone.stream_views.push_back(view);
  return CanonicalText(alone);
}

// Of what its tiles are made by; 0 where that cannot be told any more.
uint64_t HashOf(const Definitions& definitions, const WindowedView& view) {
  if (definitions.FindStreamSource(view.source) == nullptr) return 0;
  const auto plan = WindowedViewPlan::Make(definitions, view);
  return plan.ok() ? plan->generation_hash : 0;
}

class Comparison {
 public:
  Comparison(const Definitions& before, const Definitions& next)
      : before_(before), next_(next) {}

  StreamChanges Run() {
    CompareSources();
    for (const WindowedView& view : next_.stream_views) CompareView(view);
    for (const WindowedView& view : before_.stream_views) {
      if (next_.FindStreamView(view.name) == nullptr) RemoveView(view);
    }
    return std::move(out_);
  }

 private:
  void Add(std::string kind, std::string what, std::string effect) {
    out_.changes.push_back(
        {std::move(kind), std::move(what), std::move(effect)});
  }

  void CompareSources();
  void CompareView(const WindowedView& view);
  void CompareFeatures(const WindowedView& was, const WindowedView& view);
  void RemoveView(const WindowedView& view);

  const Definitions& before_;
  const Definitions& next_;
  StreamChanges out_;
};

void Comparison::CompareSources() {
  for (const StreamSource& source : next_.stream_sources) {
    const StreamSource* was = before_.FindStreamSource(source.name);
    const std::string what = fmt::format("stream source '{}'", source.name);
    if (was == nullptr) {
      Add("add", what, "instant");
    } else if (TextOf(*was) != TextOf(source)) {
      Add("change", what, "instant; see its views");
    }
  }
  for (const StreamSource& source : before_.stream_sources) {
    if (next_.FindStreamSource(source.name) != nullptr) continue;
    const std::string what = fmt::format("stream source '{}'", source.name);
    Add("remove", what, "instant; nothing is taken from it any more");
    out_.deletions.push_back(what);
  }
}

void Comparison::CompareView(const WindowedView& view) {
  const WindowedView* was = before_.FindStreamView(view.name);
  const std::string what = fmt::format("stream view '{}'", view.name);
  if (was == nullptr) {
    return Add("add", what,
               "begins empty: a window is INCOMPLETE until it begins after "
               "this apply");
  }
  const bool same_tiles = HashOf(before_, *was) == HashOf(next_, view);
  if (!same_tiles) {
    Add("change", what,
        "is a new generation: begins empty, and a window is INCOMPLETE until "
        "it begins after this apply");
  } else if (TextOf(*was) != TextOf(view)) {
    Add("change", what, "instant");
  }
  CompareFeatures(*was, view);
}

void Comparison::CompareFeatures(const WindowedView& was,
                                 const WindowedView& view) {
  const auto names_of = [](const WindowedView& of) {
    const std::vector<std::string> names = WindowFeatureNames(of);
    return std::set<std::string>(names.begin(), names.end());
  };
  const std::set<std::string> before = names_of(was);
  const std::set<std::string> after = names_of(view);
  const auto name = [&](const std::string& feature) {
    return fmt::format("{}.{}", view.name, feature);
  };
  for (const std::string& feature : after) {
    if (before.contains(feature)) continue;
    Add("add", fmt::format("feature '{}'", name(feature)), "instant");
  }
  for (const std::string& feature : before) {
    if (after.contains(feature)) continue;
    Add("remove", fmt::format("feature '{}'", name(feature)), "instant");
    out_.removed.insert(name(feature));
  }
}

void Comparison::RemoveView(const WindowedView& view) {
  const std::string what = fmt::format("stream view '{}'", view.name);
  Add("remove", what, "deletes its tiles");
  out_.deletions.push_back(what + " with its tiles");
}

}  // namespace

StreamChanges CompareStreams(const Definitions& before,
                             const Definitions& next) {
  return Comparison(before, next).Run();
}

}  // namespace freshet
