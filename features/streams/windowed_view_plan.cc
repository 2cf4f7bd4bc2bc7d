// SPDX-License-Identifier: Apache-2.0
#include "features/streams/windowed_view_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/check.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/status.h"
#include "config/timestamp.h"
#include "features/aggregations/function.h"
#include "features/byte_reader.h"
#include "features/windows/window_cover.h"

namespace freshet {
namespace {

constexpr int64_t kDayMicros = 86'400'000'000;

// How far back a window with a length reaches at most: its old end moves by
// hops. A series is kept as one window of its length is.
int64_t ReachOf(const Window& window) {
  const int64_t reach = window.reach_micros();
  return reach + (window.exact ? 0 : TileMicros(HopOf(reach)));
}

// Makes one plan.
class Planner {
 public:
  Planner(const StreamSource& source, const WindowedView& view)
      : source_(source), view_(view), event_(source, view.name, view.columns) {}

  absl::StatusOr<WindowedViewPlan> Make(const std::vector<KeyPart>& key);

 private:
  template <typename... Args>
  absl::Status Error(fmt::format_string<Args...> format, Args&&... args) const {
    return InvalidArgument("view '{}': {}", view_.name,
                           fmt::format(format, std::forward<Args>(args)...));
  }

  // An aggregation, with its columns found.
  struct Planned {
    const Aggregation& definition;
    std::optional<size_t> column = {};
    std::optional<size_t> by = {};
  };

  absl::Status CheckAggregation(const Aggregation& aggregation) const;
  absl::Status CheckFunction(const Planned& aggregation,
                             const FunctionCall& call) const;
  absl::Status AddAggregation(const Aggregation& aggregation);
  absl::Status AddOutputs(const Planned& aggregation, const FunctionCall& call);
  absl::Status AddKeys(const Planned& aggregation);
  absl::Status AddOutput(WindowedViewPlan::Feature feature,
                         WindowPlan::Output output);
  size_t PartialFor(const Planned& aggregation, const FunctionCall& call);
  absl::StatusOr<size_t> WindowFor(const Aggregation& aggregation,
                                   const WindowSeries& windows);
  Type TypeOf(std::optional<size_t> column) const;
  uint64_t GenerationHash(const WindowedViewPlan& plan) const;

  const StreamSource& source_;
  const WindowedView& view_;
  EventColumnsBuilder event_;
  std::vector<PartialSpec> partials_;
  std::vector<std::optional<size_t>> partial_columns_;
  std::vector<std::optional<size_t>> partial_groups_;
  std::vector<Window> windows_;
  std::vector<WindowPlan::Output> outputs_;
  std::vector<WindowedViewPlan::Feature> features_;
  std::set<std::string> feature_names_;
};

Type Planner::TypeOf(std::optional<size_t> column) const {
  return column ? event_.type(*column) : Type{};
}

// One partial answers for all functions that it can.
size_t Planner::PartialFor(const Planned& aggregation,
                           const FunctionCall& call) {
  PartialSpec wanted = SpecOf(call, TypeOf(aggregation.column));
  if (aggregation.by) {
    wanted.groups = aggregation.definition.max_groups;
    wanted.by = TypeOf(aggregation.by).kind;
  }
  for (size_t i = 0; i < partials_.size(); ++i) {
    if (partial_columns_[i] != aggregation.column ||
        partial_groups_[i] != aggregation.by ||
        partials_[i].groups != wanted.groups) {
      continue;
    }
    if (partials_[i] == wanted || Answers(partials_[i], call)) return i;
  }
  partials_.push_back(wanted);
  partial_columns_.push_back(aggregation.column);
  partial_groups_.push_back(aggregation.by);
  return partials_.size() - 1;
}

absl::StatusOr<size_t> Planner::WindowFor(const Aggregation& aggregation,
                                          const WindowSeries& windows) {
  const absl::Status fits = CheckWindow(aggregation, windows);
  if (!fits.ok()) return Error("{}", std::string(fits.message()));
  const int64_t window_micros = windows.window_micros;
  // One without a length begins with a tile, in either mode.
  const Window wanted = {
      .length_micros = window_micros,
      .since_micros = window_micros == 0 ? view_.since_micros : 0,
      .exact = window_micros > 0 && aggregation.mode == WindowMode::kExact,
      .count = windows.count};
  const auto known = std::find(windows_.begin(), windows_.end(), wanted);
  if (known == windows_.end()) windows_.push_back(wanted);
  return static_cast<size_t>(
      std::find(windows_.begin(), windows_.end(), wanted) - windows_.begin());
}

absl::Status Planner::CheckFunction(const Planned& aggregation,
                                    const FunctionCall& call) const {
  const std::optional<size_t> column = aggregation.column;
  if (!column && call.function != AggregateFunction::kCount) {
    return Error("function '{}' needs a column", FunctionName(call.function));
  }
  const auto result = ResultType(call, TypeOf(column));
  absl::Status status = result.status();
  status.Update(CheckCall(call));
  if (aggregation.by) status.Update(CheckGroups(call, TypeOf(aggregation.by)));
  if (!status.ok()) {
    const std::string& by = aggregation.definition.by;
    return Error("column '{}'{}: {}", aggregation.definition.column,
                 by.empty() ? "" : " by '" + by + "'",
                 std::string(status.message()));
  }
  if (aggregation.definition.series && result->list) {
    return Error(
        "function '{}' answers a list, and a series is a list of what one "
        "window answers; give it 'windows'",
        FunctionText(call));
  }
  return absl::OkStatus();
}

absl::Status Planner::AddOutput(WindowedViewPlan::Feature feature,
                                WindowPlan::Output output) {
  if (!feature_names_.insert(feature.name).second) {
    return Error("feature '{}' is there twice", feature.name);
  }
  features_.push_back(std::move(feature));
  outputs_.push_back(output);
  return absl::OkStatus();
}

absl::Status Planner::AddOutputs(const Planned& aggregation,
                                 const FunctionCall& call) {
  const Type type = TypeOf(aggregation.column);
  for (const WindowSeries& windows : WindowsOf(aggregation.definition)) {
    ASSIGN_OR_RETURN(Type result, ResultType(call, type));
    ASSIGN_OR_RETURN(const size_t window,
                     WindowFor(aggregation.definition, windows));
    if (windows.count > 1 || aggregation.by) result.list = true;
    RETURN_IF_ERROR(AddOutput(
        {.name = WindowFeatureName(aggregation.definition, call, windows),
         .type = result,
         .by = aggregation.definition.by,
         .max_groups = aggregation.by ? aggregation.definition.max_groups : 0},
        {.window = window,
         .partial = PartialFor(aggregation, call),
         .call = call,
         .column = type}));
  }
  return absl::OkStatus();
}

// Of what each of its functions has the groups: they are the same, for all skip
// the same nulls.
absl::Status Planner::AddKeys(const Planned& aggregation) {
  const FunctionCall& call = aggregation.definition.functions.front();
  Type type = TypeOf(aggregation.by);
  type.list = true;
  for (const WindowSeries& windows : WindowsOf(aggregation.definition)) {
    ASSIGN_OR_RETURN(const size_t window,
                     WindowFor(aggregation.definition, windows));
    RETURN_IF_ERROR(
        AddOutput({.name = WindowKeysName(aggregation.definition, windows),
                   .type = type,
                   .by = aggregation.definition.by,
                   .max_groups = aggregation.definition.max_groups},
                  {.window = window,
                   .partial = PartialFor(aggregation, call),
                   .call = call,
                   .column = TypeOf(aggregation.column),
                   .keys = true}));
  }
  return absl::OkStatus();
}

absl::Status Planner::CheckAggregation(const Aggregation& aggregation) const {
  const std::string of = aggregation.column.empty()
                             ? "events"
                             : "column '" + aggregation.column + "'";
  if (aggregation.force_exact && aggregation.mode != WindowMode::kExact) {
    return Error(
        "'force_exact' is of exact windows, and those of {} are sawtooth; add "
        "'window_mode: exact', or take it out",
        of);
  }
  if (aggregation.windows_micros.empty() && !aggregation.series) {
    return Error(
        "the aggregation of {} does not say over how long: add 'windows', "
        "'series' or both",
        of);
  }
  if (aggregation.by.empty()) {
    if (aggregation.max_groups == Aggregation().max_groups) {
      return absl::OkStatus();
    }
    return Error(
        "'max_groups' is how many 'by' has, and the aggregation of {} has no "
        "'by'; add one, or take it out",
        of);
  }
  if (aggregation.functions.empty()) {
    return Error("the aggregation of {} has no functions", of);
  }
  if (!kGroupCounts.Has(aggregation.max_groups)) {
    return Error("'max_groups' of {} is {}, not {} to {}", of,
                 aggregation.max_groups, kGroupCounts.least, kGroupCounts.most);
  }
  if (!aggregation.series) return absl::OkStatus();
  return Error(
      "the aggregation of {} has 'by' and 'series', and there are no lists of "
      "lists; ask for 'windows', or take one of the two out",
      of);
}

absl::Status Planner::AddAggregation(const Aggregation& aggregation) {
  RETURN_IF_ERROR(CheckAggregation(aggregation));
  Planned planned{.definition = aggregation};
  if (!aggregation.column.empty()) {
    ASSIGN_OR_RETURN(planned.column, event_.Column(aggregation.column));
  }
  if (!aggregation.by.empty()) {
    ASSIGN_OR_RETURN(planned.by, event_.Column(aggregation.by));
  }
  // What answers for a count as well comes before the count.
  std::vector<FunctionCall> calls = aggregation.functions;
  std::stable_partition(calls.begin(), calls.end(), [](const FunctionCall& c) {
    return c.function != AggregateFunction::kCount;
  });
  for (const FunctionCall& call : calls) {
    RETURN_IF_ERROR(CheckFunction(planned, call));
    PartialFor(planned, call);
  }
  for (const FunctionCall& call : aggregation.functions) {
    RETURN_IF_ERROR(AddOutputs(planned, call));
  }
  return planned.by ? AddKeys(planned) : absl::OkStatus();
}

// Of what decides which tiles are made; not of what is read from them.
uint64_t Planner::GenerationHash(const WindowedViewPlan& plan) const {
  std::string bytes;
  const auto add = [&bytes](std::string_view text) {
    AppendLengthAndBytes(text, &bytes);
  };
  add(source_.name);
  add(source_.timestamp_field);
  add(source_.id_field);
  add(view_.filter);
  for (const KeyPart& part : plan.event.key) {
    add(part.name);
    add(part.type.ToString());
  }
  for (const std::string& name : plan.event.names) {
    const auto defined = view_.columns.find(name);
    add(name);
    add(defined == view_.columns.end() ? "" : defined->second);
  }
  for (const auto& column : plan.partial_columns) {
    add(column ? plan.event.names[*column] : "");
  }
  for (const auto& by : plan.partial_groups) {
    if (by) add(plan.event.names[*by]);
  }
  plan.windows.shape().AppendTo(&bytes);
  for (const TileLevel level : plan.windows.levels()) {
    bytes.push_back(static_cast<char>(level));
  }
  return Xxh3(bytes);
}

absl::StatusOr<WindowedViewPlan> Planner::Make(
    const std::vector<KeyPart>& key) {
  RETURN_IF_ERROR(event_.SetTimestampField());
  RETURN_IF_ERROR(event_.SetFilter(view_.filter));
  if (view_.since_micros < 0 || view_.since_micros % kDayMicros != 0) {
    return Error("'since: {}' is not the start of a day in UTC since 1970",
                 FormatTimestamp(view_.since_micros));
  }
  RETURN_IF_ERROR(event_.SetKey(key));
  for (const Aggregation& aggregation : view_.aggregations) {
    RETURN_IF_ERROR(AddAggregation(aggregation));
  }
  if (partials_.size() > TileShape::kPartialsMax) {
    return Error("{} partial aggregates for each tile, at most {}",
                 partials_.size(), TileShape::kPartialsMax);
  }
  int64_t longest = 0;
  std::optional<int64_t> since;
  for (const Window& window : windows_) {
    if (window.length_micros == 0) {
      since = window.since_micros;
    } else {
      longest = std::max(longest, ReachOf(window));
    }
  }
  WindowedViewPlan plan{
      .event = event_.Take(),
      .partial_columns = std::move(partial_columns_),
      .partial_groups = std::move(partial_groups_),
      .windows = WindowPlan(TileShape(std::move(partials_)),
                            std::move(windows_), std::move(outputs_)),
      .features = std::move(features_),
      .late_micros = longest + view_.grace_micros,
      .since_micros = since};
  plan.generation_hash = GenerationHash(plan);
  return plan;
}

}  // namespace

bool WindowedViewPlan::Lacks(size_t feature) const {
  return std::binary_search(lacking.begin(), lacking.end(), feature);
}

WindowedViewPlan AnsweredFrom(const WindowedViewPlan& tiles,
                              const WindowedViewPlan& wanted) {
  std::vector<WindowPlan::Output> outputs;
  std::vector<size_t> lacking;
  for (const WindowedViewPlan::Feature& feature : wanted.features) {
    const auto had = std::find_if(tiles.features.begin(), tiles.features.end(),
                                  [&](const WindowedViewPlan::Feature& other) {
                                    return other.name == feature.name &&
                                           other.type == feature.type;
                                  });
    if (had == tiles.features.end()) lacking.push_back(outputs.size());
    const auto at = had == tiles.features.end()
                        ? 0
                        : static_cast<size_t>(had - tiles.features.begin());
    outputs.push_back(tiles.windows.outputs()[at]);
  }
  EventColumns event;
  event.key = tiles.event.key;
  return {.event = std::move(event),
          .partial_columns = tiles.partial_columns,
          .partial_groups = tiles.partial_groups,
          .windows = WindowPlan(tiles.windows.shape(), tiles.windows.windows(),
                                std::move(outputs)),
          .features = wanted.features,
          .lacking = std::move(lacking),
          .generation_hash = tiles.generation_hash,
          .late_micros = tiles.late_micros,
          .since_micros = tiles.since_micros};
}

absl::StatusOr<WindowedViewPlan> WindowedViewPlan::Make(
    const StreamSource& source, const WindowedView& view,
    const std::vector<KeyPart>& key) {
  return Planner(source, view).Make(key);
}

absl::StatusOr<WindowedViewPlan> WindowedViewPlan::Make(
    const Definitions& definitions, const WindowedView& view) {
  const StreamSource* source = definitions.FindStreamSource(view.source);
  CHECK(source != nullptr);
  std::vector<KeyPart> key;
  for (const JoinKey& part : definitions.JoinKeysOf(view.entities)) {
    key.push_back({part.name, part.type});
  }
  return Make(*source, view, key);
}

}  // namespace freshet
