// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/reply_text.h"
#include "cli/text.h"

namespace freshet {
namespace {

ExitCode Views(Connection& connection) {
  return connection.Call<v1::ListViewsRequest, v1::ListViewsResponse>(
      &v1::AdminService::Stub::ListViews, {},
      [&](const v1::ListViewsResponse& reply) {
        if (connection.json()) {
          connection.terminal().Print("{}\n", ToJson(reply));
        } else {
          connection.terminal().Print("{}", ViewsTable(reply.views()));
        }
        return kOk;
      });
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
        Table table({"VERSION", "STATE", "ROWS", "SIZE", "AS OF", "BUILT",
                     "LABELS", "SOURCE", "MESSAGE"});
        for (const v1::VersionState& version : reply.versions()) {
          table.Add({std::to_string(version.version()),
                     VersionPhaseText(version), FormatCount(version.rows()),
                     FormatBytes(version.bytes()),
                     FormatTime(version.as_of_micros()),
                     FormatTime(version.built_micros()), LabelText(version),
                     version.source(), version.message()});
        }
        terminal.Print("{}", table.ToString());
        if (reply.versions().empty()) {
          terminal.Print(
              "View '{}' has no version yet. Load one with `freshet "
              "load {}`.\n",
              view, view);
        }
        return kOk;
      });
}

void PrintDescription(const Terminal& terminal,
                      const v1::ViewDescription& view) {
  const v1::ViewState& state = view.state();
  terminal.Print("view        {}\n", state.name());
  terminal.Print("description {}\n", view.description());
  terminal.Print("owner       {}\n", state.owner());
  terminal.Print("keys        {}\n", fmt::join(state.join_keys(), ", "));
  terminal.Print("source      {}\n", view.source_path());
  terminal.Print("ttl         {}\n", view.ttl_seconds() > 0
                                         ? FormatSeconds(view.ttl_seconds())
                                         : "none");
  terminal.Print("version     {} ({} rows, {}, as of {})\n", state.version(),
                 FormatCount(state.rows()), FormatBytes(state.bytes()),
                 FormatTime(state.as_of_micros()));
  terminal.Print("services    {}\n", fmt::join(view.services(), ", "));
  if (!state.message().empty()) {
    terminal.Print("problem     {}\n", state.message());
  }
  Table features({"FEATURE", "TYPE", "DEFAULT", "NULLS", "DESCRIPTION"});
  for (const auto& feature : view.features()) {
    features.Add(
        {feature.name(), TypeText(feature.type()),
         feature.default_value().empty() ? "-" : feature.default_value(),
         feature.null_ratio() < 0
             ? "-"
             : fmt::format("{:.1f}%", feature.null_ratio() * 100),
         feature.description()});
  }
  terminal.Print("\n{}", features.ToString());
  if (view.activations().empty()) return;
  Table activations({"ACTIVATED", "VERSION", "WHY", "WHO"});
  for (const auto& record : view.activations()) {
    activations.Add({FormatTime(record.at_micros()),
                     std::to_string(record.version()), record.why(),
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
  commands
      .Add("describe", "Show a view: features, types, history",
           [&connection, view] { return Describe(connection, *view); })
      .add_option("view", *view, "The feature view")
      ->required();
}

}  // namespace freshet
