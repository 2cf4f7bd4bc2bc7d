// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/message_json.h"
#include "cli/reply_text.h"
#include "cli/text.h"

namespace freshet {
namespace {

// What all of these are about; one command runs, so one of it is enough.
struct Target {
  std::string view;
  int64_t version = 0;
  std::string label;
  std::string group;
  std::string run;
  bool now = false;
};

// For so long the daemon may read ahead before it answers.
constexpr std::chrono::seconds kReadAheadMax(60);
// One view after the other.
constexpr std::chrono::seconds kGroupReadAheadMax(600);

ExitCode Print(Connection& connection, const v1::VersionState& state) {
  const Terminal& terminal = connection.terminal();
  if (connection.json()) {
    terminal.Print("{}\n", ToJson(state));
    return kOk;
  }
  terminal.Print("{}: version {} is {}", state.view(), state.version(),
                 VersionPhaseText(state));
  if (const std::string labels = LabelText(state); labels != "-") {
    terminal.Print(", {}", labels);
  }
  terminal.Print(" ({} rows, as of {})\n", FormatCount(state.rows()),
                 AsOfText(state));
  if (!state.message().empty()) {
    terminal.Print("{}\n", Printable(state.message()));
  }
  return kOk;
}

ExitCode PrintGroup(Connection& connection, const v1::GroupState& state) {
  const Terminal& terminal = connection.terminal();
  if (connection.json()) {
    terminal.Print("{}\n", ToJson(state));
    return kOk;
  }
  terminal.Print("{}: run {} is current\n", state.group(),
                 Printable(state.run()));
  for (const v1::VersionState& version : state.versions()) {
    Print(connection, version);
  }
  return kOk;
}

template <typename Request>
ExitCode ActOnGroup(Connection& connection,
                    grpc::Status (v1::AdminService::Stub::*method)(
                        grpc::ClientContext*, const Request&, v1::GroupState*),
                    const Request& request, std::chrono::seconds more = {}) {
  return connection.Call<Request, v1::GroupState>(
      method, request,
      [&](const v1::GroupState& state) {
        return PrintGroup(connection, state);
      },
      more);
}

// Without its label, a version is what the answer describes.
ExitCode PrintUnlabelled(Connection& connection, const std::string& label,
                         const v1::VersionState& state) {
  if (connection.json()) return Print(connection, state);
  const std::string version =
      state.version() == 0
          ? ""
          : fmt::format("; it pointed at version {}", state.version());
  connection.terminal().Print("{}: label '{}' is removed{}\n", state.view(),
                              label, version);
  return kOk;
}

template <typename Request>
using Method = grpc::Status (v1::AdminService::Stub::*)(grpc::ClientContext*,
                                                        const Request&,
                                                        v1::VersionState*);

template <typename Request>
ExitCode Act(Connection& connection, Method<Request> method,
             const Request& request, std::chrono::seconds more = {}) {
  return connection.Call<Request, v1::VersionState>(
      method, request,
      [&](const v1::VersionState& state) { return Print(connection, state); },
      more);
}

template <typename Request>
Request About(const Target& target) {
  Request request;
  request.set_view(target.view);
  request.set_version(target.version);
  return request;
}

CLI::App& WithVersion(CLI::App& command, Target& target) {
  command.add_option("view", target.view, "The feature view")->required();
  command.add_option("version", target.version, "The version's number")
      ->required()
      ->check(CheckVersionNumber);
  return command;
}

void AddNow(CLI::App& command, Target& target) {
  command.add_flag("--now", target.now,
                   "Serve it at once: what is asked for is not read ahead, nor "
                   "looked at for damage");
}

void AddActivation(Commands& commands, const std::shared_ptr<Target>& target) {
  using Stub = v1::AdminService::Stub;
  Connection& connection = commands.connection;
  AddNow(WithVersion(
             commands.Add("activate", "Serve a kept version",
                          [&connection, target] {
                            auto request = About<v1::ActivateRequest>(*target);
                            request.set_now(target->now);
                            return Act(connection, &Stub::ActivateVersion,
                                       request, kReadAheadMax);
                          }),
             *target),
         *target);
  commands
      .Add("rollback", "Serve the version that was current before this one",
           [&connection, target] {
             v1::RollbackRequest request;
             request.set_view(target->view);
             return Act(connection, &Stub::RollbackView, request);
           })
      .add_option("view", target->view, "The feature view")
      ->required();
  AddNow(WithVersion(
             commands.Add("approve", "Let a held version go live",
                          [&connection, target] {
                            auto request = About<v1::ApproveRequest>(*target);
                            request.set_now(target->now);
                            return Act(connection, &Stub::ApproveVersion,
                                       request, kReadAheadMax);
                          }),
             *target),
         *target);
  WithVersion(commands.Add("reject", "Refuse a held version, which deletes it",
                           [&connection, target] {
                             auto request = About<v1::ApproveRequest>(*target);
                             request.set_reject(true);
                             return Act(connection, &Stub::ApproveVersion,
                                        request);
                           }),
              *target);
}

void AddGroupActivation(Commands& commands,
                        const std::shared_ptr<Target>& target) {
  using Stub = v1::AdminService::Stub;
  Connection& connection = commands.connection;
  CLI::App& activate = commands.Add(
      "activate-group",
      "Serve the versions of one run in all views of a snapshot group",
      [&connection, target] {
        v1::ActivateGroupRequest request;
        request.set_group(target->group);
        request.set_run(target->run);
        request.set_now(target->now);
        return ActOnGroup(connection, &Stub::ActivateGroup, request,
                          kGroupReadAheadMax);
      });
  activate.add_option("group", target->group, "The snapshot group")->required();
  activate
      .add_option("run", target->run, "The run, as `freshet versions` has it")
      ->required();
  AddNow(activate, *target);
  commands
      .Add("rollback-group",
           "Serve the run that was current in a snapshot group before this one",
           [&connection, target] {
             v1::RollbackGroupRequest request;
             request.set_group(target->group);
             return ActOnGroup(connection, &Stub::RollbackGroup, request);
           })
      .add_option("group", target->group, "The snapshot group")
      ->required();
}

void AddKeeping(Commands& commands, const std::shared_ptr<Target>& target) {
  Connection& connection = commands.connection;
  for (const bool unpin : {false, true}) {
    WithVersion(
        commands.Add(unpin ? "unpin" : "pin",
                     unpin ? "Let a version be closed and deleted again"
                           : "Keep a version open and safe from deletion",
                     [&connection, target, unpin] {
                       auto request = About<v1::PinRequest>(*target);
                       request.set_unpin(unpin);
                       return Act(connection,
                                  &v1::AdminService::Stub::PinVersion, request);
                     }),
        *target);
  }
  CLI::App& label = commands.Add(
      "label", "Point a label at a version; version 0 removes the label",
      [&connection, target] {
        auto request = About<v1::SetLabelRequest>(*target);
        request.set_label(target->label);
        return connection.Call<v1::SetLabelRequest, v1::VersionState>(
            &v1::AdminService::Stub::SetLabel, request,
            [&](const v1::VersionState& state) {
              return target->version == 0
                         ? PrintUnlabelled(connection, target->label, state)
                         : Print(connection, state);
            });
      });
  label.add_option("view", target->view, "The feature view")->required();
  label.add_option("label", target->label, "The label, `canary` for one")
      ->required();
  label.add_option("version", target->version, "The version's number")
      ->required()
      ->check(CheckVersionNumber);
  WithVersion(commands.Add("delete", "Delete a version that nothing holds",
                           [&connection, target] {
                             return Act(connection,
                                        &v1::AdminService::Stub::DeleteVersion,
                                        About<v1::VersionRequest>(*target));
                           }),
              *target);
}

}  // namespace

// CLI11 would take 10^30 for the greatest number that there is.
std::string CheckVersionNumber(const std::string& text) {
  constexpr size_t kDigitsMax = 18;
  if (!text.empty() && text.size() <= kDigitsMax &&
      text.find_first_not_of("0123456789") == text.npos) {
    return "";
  }
  return fmt::format(
      "takes a number, as `freshet versions` lists them, not '{}'",
      Printable(text));
}

void AddVersionCommands(Commands& commands) {
  auto target = std::make_shared<Target>();
  AddActivation(commands, target);
  AddGroupActivation(commands, target);
  AddKeeping(commands, target);
}

}  // namespace freshet
