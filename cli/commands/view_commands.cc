// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <vector>

#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/message_json.h"
#include "cli/reply_text.h"
#include "cli/statistics_text.h"
#include "cli/text.h"
#include "config/units.h"

namespace freshet {
namespace {

// A second table, if it has any lines.
std::string Below(const std::string& table) {
  return table.empty() ? "" : "\n" + table;
}

ExitCode Views(Connection& connection) {
  return connection.Call<v1::ListViewsRequest, v1::ListViewsResponse>(
      &v1::AdminService::Stub::ListViews, {},
      [&](const v1::ListViewsResponse& reply) {
        if (connection.json()) {
          connection.terminal().Print("{}\n", ToJson(reply));
        } else {
          connection.terminal().Print(
              "{}{}", ViewsTable(reply.views()),
              Below(StreamViewsTable(reply.stream_views())));
        }
        return kOk;
      });
}

// With what each is laid over and its run, where one has such.
std::string VersionsTable(const v1::ListVersionsResponse& reply) {
  const auto is_over = [](const v1::VersionState& version) {
    return version.base() > 0;
  };
  const bool has_layers =
      std::any_of(reply.versions().begin(), reply.versions().end(), is_over);
  std::vector<std::string> head = {"VERSION", "STATE",  "ROWS",
                                   "SIZE",    "AS OF",  "BUILT",
                                   "LABELS",  "SOURCE", "MESSAGE"};
  const bool has_runs =
      std::any_of(reply.versions().begin(), reply.versions().end(),
                  [](const auto& version) { return !version.run().empty(); });
  if (has_runs) head.insert(head.begin() + 1, "RUN");
  if (has_layers) head.insert(head.begin() + 1, "OVER");
  Table table(head);
  for (const v1::VersionState& version : reply.versions()) {
    std::vector<std::string> cells = {std::to_string(version.version()),
                                      VersionPhaseText(version),
                                      FormatCount(version.rows()),
                                      FormatBytes(version.bytes()),
                                      AsOfText(version),
                                      FormatTimeIfAny(version.built_micros()),
                                      LabelText(version),
                                      version.source(),
                                      version.message()};
    if (has_runs) {
      cells.insert(cells.begin() + 1,
                   version.run().empty() ? "-" : version.run());
    }
    if (has_layers) {
      cells.insert(cells.begin() + 1,
                   is_over(version) ? std::to_string(version.base()) : "-");
    }
    table.Add(cells);
  }
  return table.ToString();
}

ExitCode Versions(Connection& connection, const std::string& view) {
  v1::ListVersionsRequest request;
  request.set_view(view);
  return connection.Call<v1::ListVersionsRequest, v1::ListVersionsResponse>(
      &v1::AdminService::Stub::ListVersions, request,
      [&](const v1::ListVersionsResponse& reply) {
        const Terminal& terminal = connection.terminal();
        if (connection.json()) {
          terminal.Print("{}\n", ToJson(reply));
          return kOk;
        }
        terminal.Print("{}", VersionsTable(reply));
        if (!reply.live_source().empty()) {
          terminal.Print(
              "View '{}' has no versions: its rows come from stream source "
              "'{}', one by one.\n",
              view, reply.live_source());
        } else if (reply.versions().empty()) {
          terminal.Print(
              "View '{}' has no version yet. Load one with `freshet "
              "load {}`.\n",
              view, view);
        }
        return kOk;
      });
}

std::string TagsText(
    const google::protobuf::Map<std::string, std::string>& tags) {
  const std::map<std::string, std::string> sorted(tags.begin(), tags.end());
  std::string text;
  for (const auto& [name, value] : sorted) {
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", name, value);
  }
  return text;
}

std::string DurationText(double seconds) {
  return seconds > 0 ? FormatSeconds(seconds) : "none";
}

std::string VersionText(const v1::ViewState& state) {
  if (state.version() == 0) return "none yet";
  return fmt::format("{} ({} rows, {}, as of {})", state.version(),
                     FormatCount(state.rows()), FormatBytes(state.bytes()),
                     FormatTime(state.as_of_micros()));
}

std::string WatchText(const v1::SourceWatch& watch) {
  std::string text =
      fmt::format("every {}", FormatSeconds(watch.every_seconds()));
  if (watch.looked_micros() > 0) {
    text +=
        fmt::format(", last looked at {}", FormatTime(watch.looked_micros()));
  }
  switch (watch.state()) {
    case v1::SourceWatch::STATE_COMPLETE:
      if (watch.message().empty()) {
        return fmt::format("{}: '{}' is complete", text, watch.path());
      }
      return fmt::format("{}: '{}' CANNOT BE LOADED: {}", text, watch.path(),
                         watch.message());
    case v1::SourceWatch::STATE_WAITING:
      return fmt::format("{}, waits: {}", text, watch.message());
    case v1::SourceWatch::STATE_FAILING:
      return fmt::format("{}, FAILS: {}", text, watch.message());
    default:
      return fmt::format("{}, not looked at yet", text);
  }
}

void PrintLine(const Terminal& terminal, std::string_view name,
               const std::string& text) {
  terminal.Print("{:<11} {}\n", name, Printable(text));
}

// What a view of either kind has. `state` says the rest of it.
template <typename State>
void PrintHead(const Terminal& terminal, const v1::ViewDescription& view,
               const State& state) {
  PrintLine(terminal, "view", state.name());
  PrintLine(terminal, "description", view.description());
  PrintLine(terminal, "owner", state.owner());
  PrintLine(terminal, "tags", TagsText(view.tags()));
  PrintLine(terminal, "pii", view.pii() ? "yes" : "no");
  PrintLine(terminal, "critical", view.critical() ? "yes" : "no");
  PrintLine(terminal, "keys",
            fmt::format("{}", fmt::join(state.join_keys(), ", ")));
}

template <typename State>
void PrintFoot(const Terminal& terminal, const v1::ViewDescription& view,
               const State& state) {
  PrintLine(terminal, "services",
            fmt::format("{}", fmt::join(view.services(), ", ")));
  if (!state.message().empty()) PrintLine(terminal, "problem", state.message());
}

void PrintStreamAbout(const Terminal& terminal,
                      const v1::ViewDescription& view) {
  const v1::StreamViewState& state = view.stream();
  PrintHead(terminal, view, state);
  PrintLine(terminal, "source", state.source());
  if (state.has_freshness()) {
    PrintLine(terminal, "freshness", BehindText(state.freshness()));
  }
  PrintLine(terminal, "whole from", FormatTimeIfAny(state.whole_from_micros()));
  if (state.history_version() > 0) {
    PrintLine(terminal, "history",
              fmt::format("version {}, up to {}", state.history_version(),
                          FormatTimeIfAny(state.cutover_micros())));
  }
  PrintLine(
      terminal, "incomplete",
      fmt::format("{} of {} features", state.incomplete(), state.features()));
  PrintLine(terminal, "events", EventsText(state.events()));
  PrintFoot(terminal, view, state);
}

void PrintAbout(const Terminal& terminal, const v1::ViewDescription& view) {
  if (view.has_stream()) return PrintStreamAbout(terminal, view);
  const v1::ViewState& state = view.state();
  PrintHead(terminal, view, state);
  if (!view.source_path().empty()) {
    PrintLine(terminal, "source", view.source_path());
  }
  if (!view.live_source().empty()) {
    PrintLine(terminal, "live rows",
              fmt::format("from stream source '{}'{}", view.live_source(),
                          state.has_live_freshness()
                              ? ", " + BehindText(state.live_freshness())
                              : ""));
    PrintLine(terminal, "events", EventsText(view.live_events()));
  }
  if (view.has_watch()) PrintLine(terminal, "watch", WatchText(view.watch()));
  if (!view.snapshot_group().empty()) {
    PrintLine(terminal, "group", view.snapshot_group());
  }
  PrintLine(terminal, "ttl", DurationText(view.ttl_seconds()));
  if (!view.source_path().empty()) {
    PrintLine(terminal, "freshness", DurationText(state.freshness_seconds()));
    PrintLine(terminal, "version", VersionText(state));
  }
  PrintFoot(terminal, view, state);
}

// Whose statistics they are, where they are not of all rows.
std::string OwnRowsText(int64_t version, int64_t base, int64_t rows) {
  if (base == 0) return "";
  return fmt::format(
      "Of the {} rows that version {} brought; it is laid over version {}.\n",
      FormatCount(rows), version, base);
}

void PrintStatistics(const Terminal& terminal,
                     const v1::ViewDescription& view) {
  std::vector<const v1::FeatureStatistics*> statistics;
  for (const v1::FeatureDescription& feature : view.features()) {
    if (feature.has_statistics()) statistics.push_back(&feature.statistics());
  }
  if (statistics.empty()) return;
  terminal.Print("\n{}{}",
                 OwnRowsText(view.state().version(), view.base(),
                             statistics.front()->rows()),
                 StatisticsTable(statistics));
}

void PrintFeatures(const Terminal& terminal, const v1::ViewDescription& view) {
  Table features(
      {"FEATURE", "TYPE", "DEFAULT", "NULLS", "PII", "TAGS", "DESCRIPTION"});
  for (const auto& feature : view.features()) {
    features.Add(
        {feature.name(), TypeText(feature.type()),
         feature.default_value().empty() ? "-" : feature.default_value(),
         feature.null_ratio() < 0
             ? "-"
             : fmt::format("{:.1f}%", feature.null_ratio() * 100),
         feature.pii() ? "yes" : "-",
         feature.tags().empty() ? "-" : TagsText(feature.tags()),
         feature.description()});
  }
  terminal.Print("\n{}", features.ToString());
}

void PrintDescription(const Terminal& terminal,
                      const v1::ViewDescription& view) {
  PrintAbout(terminal, view);
  if (view.has_stream()) {
    terminal.Print("\n{}", WindowsTable(view.features()));
  } else {
    PrintFeatures(terminal, view);
  }
  PrintStatistics(terminal, view);
  if (view.activations().empty()) return;
  Table activations({"ACTIVATED", "VERSION", "WHY", "WHO"});
  for (const auto& record : view.activations()) {
    activations.Add(
        {FormatTime(record.at_micros()), std::to_string(record.version()),
         record.run().empty() ? record.why()
                              : record.why() + ", run " + record.run(),
         record.who()});
  }
  terminal.Print("\n{}", activations.ToString());
}

ExitCode Describe(Connection& connection, const std::string& view) {
  v1::DescribeViewRequest request;
  request.set_view(view);
  return connection.Call<v1::DescribeViewRequest, v1::ViewDescription>(
      &v1::AdminService::Stub::DescribeView, request,
      [&](const v1::ViewDescription& reply) {
        if (connection.json()) {
          connection.terminal().Print("{}\n", ToJson(reply));
        } else {
          PrintDescription(connection.terminal(), reply);
        }
        return kOk;
      });
}

// Calls `use` with what the daemon says of one version.
template <typename Use>
ExitCode DescribeVersion(Connection& connection, const std::string& view,
                         int64_t version, Use use) {
  v1::VersionRequest request;
  request.set_view(view);
  request.set_version(version);
  return connection.Call<v1::VersionRequest, v1::VersionDescription>(
      &v1::AdminService::Stub::DescribeVersion, request, use);
}

ExitCode Describe(Connection& connection, const std::string& view,
                  int64_t version) {
  return DescribeVersion(
      connection, view, version, [&](const v1::VersionDescription& reply) {
        const Terminal& terminal = connection.terminal();
        if (connection.json()) {
          terminal.Print("{}\n", ToJson(reply));
          return kOk;
        }
        const v1::VersionState& state = reply.state();
        terminal.Print("{}: version {} is {} ({} rows, {}, as of {})\n\n",
                       state.view(), state.version(), VersionPhaseText(state),
                       FormatCount(state.rows()), FormatBytes(state.bytes()),
                       AsOfText(state));
        std::vector<const v1::FeatureStatistics*> statistics;
        for (const auto& one : reply.features()) statistics.push_back(&one);
        const int64_t rows =
            statistics.empty() ? 0 : statistics.front()->rows();
        terminal.Print("{}{}", OwnRowsText(state.version(), state.base(), rows),
                       StatisticsTable(statistics));
        return kOk;
      });
}

ExitCode Diff(Connection& connection, const std::string& view, int64_t before,
              int64_t after) {
  return DescribeVersion(
      connection, view, before, [&](const v1::VersionDescription& was) {
        return DescribeVersion(
            connection, view, after, [&](const v1::VersionDescription& is) {
              const Terminal& terminal = connection.terminal();
              if (connection.json()) {
                terminal.Print("{{\"before\": {}, \"after\": {}}}\n",
                               ToJson(was), ToJson(is));
              } else {
                terminal.Print("{}", DiffText(was, is));
              }
              return kOk;
            });
      });
}

}  // namespace

void AddViewCommands(Commands& commands) {
  Connection& connection = commands.connection;
  commands.Add("views", "List the feature views and what they serve",
               [&connection] { return Views(connection); });

  auto view = std::make_shared<std::string>();
  commands
      .Add("versions", "List the versions of a view",
           [&connection, view] { return Versions(connection, *view); })
      .add_option("view", *view, "The feature view")
      ->required();
  auto versions = std::make_shared<std::array<int64_t, 2>>();
  auto& describe = commands.Add(
      "describe", "Show a view: features, types, statistics, history",
      [&connection, view, versions] {
        const int64_t version = versions->front();
        return version == 0 ? Describe(connection, *view)
                            : Describe(connection, *view, version);
      });
  describe.add_option("view", *view, "The feature view")->required();
  describe
      .add_option("version", versions->front(),
                  "One of its versions: what is known of its values")
      ->check(CheckVersionNumber);
  auto& diff = commands.Add(
      "diff", "Show what differs between two versions of a view",
      [&connection, view, versions] {
        return Diff(connection, *view, versions->front(), versions->back());
      });
  diff.add_option("view", *view, "The feature view")->required();
  diff.add_option("before", versions->front(), "The earlier version's number")
      ->required()
      ->check(CheckVersionNumber);
  diff.add_option("after", versions->back(),
                  "The later version's number; without it the current one")
      ->check(CheckVersionNumber);
}

}  // namespace freshet
