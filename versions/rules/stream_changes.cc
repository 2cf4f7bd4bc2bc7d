// SPDX-License-Identifier: Apache-2.0
#include "versions/rules/stream_changes.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "features/streams/windowed_view_plan.h"
#include "features/windows/window_cost.h"

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

// Whether the same records are other events by the one than by the other.
bool ReadOtherwise(const StreamSource& was, const StreamSource& now) {
  if (!was.kafka || !now.kafka) return false;
  // A field that only one of them has is nowhere in the events of the other.
  const auto moved = [&](const StreamField& field) {
    const auto before = std::find_if(
        was.fields.begin(), was.fields.end(),
        [&](const StreamField& one) { return one.name == field.name; });
    return before != was.fields.end() &&
           (before->encoding != field.encoding || before->from != field.from);
  };
  // Who asks it, and how long, changes nothing of what it says.
  const auto registry = [](const StreamSource& source) {
    const auto& settings = source.kafka->schema_registry;
    return settings ? settings->url : std::string();
  };
  return was.kafka->format != now.kafka->format ||
         was.kafka->envelope != now.kafka->envelope ||
         was.kafka->schema != now.kafka->schema ||
         was.kafka->message != now.kafka->message ||
         registry(was) != registry(now) ||
         std::any_of(now.fields.begin(), now.fields.end(), moved);
}

// What changes for who pushes, and of what is read; "": nothing.
std::string WayText(const StreamSource& was, const StreamSource& source) {
  const KafkaSource* topics = source.topics();
  const KafkaSource* before = was.topics();
  const auto names = [](const KafkaSource* of) {
    return of == nullptr ? std::vector<std::string>() : of->topics;
  };
  if (was.single_node == source.single_node &&
      was.push_log.has_value() == source.push_log.has_value() &&
      names(topics) == names(before)) {
    return "";
  }
  std::string text;
  if (source.push_log && (!was.push_log || names(topics) != names(before))) {
    text = fmt::format(
        "; pushes go to topic '{}', which is read from its beginning, or from "
        "where it was left",
        source.push_log->topic());
  } else if (source.single_node) {
    text =
        "; what is pushed from now on is on this machine's disk alone, and "
        "lost with it";
  } else if (was.takes_pushes() && !source.takes_pushes()) {
    text = "; takes no pushes any more";
  }
  for (const std::string& topic : names(before)) {
    const auto now = names(topics);
    if (std::find(now.begin(), now.end(), topic) != now.end()) continue;
    text += fmt::format("; of topic '{}' nothing more is read", topic);
  }
  return text;
}

bool HasHistory(const Definitions& definitions, const WindowedView& view) {
  return definitions.FindView(HistoryName(view.name)) != nullptr;
}

// From when on windows are whole that have one.
std::string HistoryText(const Definitions& definitions,
                        const WindowedView& view) {
  if (!HasHistory(definitions, view)) return "";
  return fmt::format(
      ", or after the beginning of files that were made since: freshet load {}",
      HistoryName(view.name));
}

// What a view costs: docs/semantics.md, rule 26.
std::string CostText(const Definitions& definitions, const WindowedView& view) {
  const auto plan = WindowedViewPlan::Make(definitions, view);
  if (!plan.ok()) return "";  // The check says why.
  const WindowCost cost = CostOf(plan->windows);
  std::string text = fmt::format(
      "; a request reads up to {} blocks of an entity{}, which has up to {} "
      "bytes",
      cost.reads_max,
      HasHistory(definitions, view)
          ? fmt::format(" ({} with its history)", cost.reads_with_history_max)
          : "",
      cost.bytes_max);
  if (cost.events_micros > 0) {
    text += fmt::format(
        ", and for its exact windows up to {} more of each event, kept for {}",
        cost.event_bytes, WindowText(cost.events_micros));
  }
  return text;
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
      Add("change", what,
          "instant; see its views" + WayText(*was, source) +
              (ReadOtherwise(*was, source)
                   ? "; what was read stays as it was read"
                   : ""));
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
               "is made from the change log: a window is INCOMPLETE until it "
               "begins after what the log has" +
                   HistoryText(next_, view) + CostText(next_, view));
  }
  const bool same_tiles =
      TilesHashOf(before_, *was) == TilesHashOf(next_, view);
  if (!same_tiles) {
    Add("change", what,
        "is a new generation, made from the change log while what there is "
        "serves; then a window is INCOMPLETE until it begins after what the "
        "log has" +
            HistoryText(next_, view) + CostText(next_, view));
  } else if (TextOf(*was) != TextOf(view)) {
    const std::string cost = CostText(next_, view);
    const bool same_cost = cost == CostText(before_, *was);
    Add("change", what, same_cost ? "instant" : "instant" + cost);
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

uint64_t TilesHashOf(const Definitions& definitions, const WindowedView& view) {
  if (definitions.FindStreamSource(view.source) == nullptr) return 0;
  const auto plan = WindowedViewPlan::Make(definitions, view);
  return plan.ok() ? plan->generation_hash : 0;
}

int64_t ReachOf(const Definitions& definitions, const WindowedView& view) {
  if (definitions.FindStreamSource(view.source) == nullptr) return 0;
  const auto plan = WindowedViewPlan::Make(definitions, view);
  return plan.ok() ? plan->late_micros : 0;
}

StreamChanges CompareStreams(const Definitions& before,
                             const Definitions& next) {
  return Comparison(before, next).Run();
}

}  // namespace freshet
