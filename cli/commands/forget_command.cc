// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/status.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/key_arguments.h"
#include "cli/message_json.h"
#include "cli/text.h"
#include "config/parse.h"

namespace freshet {
namespace {

struct ForgetOptions {
  std::string entity;
  std::vector<std::string> keys;
  bool list = false;
};

// It is looked for in every version, which may have to be opened for that.
constexpr std::chrono::seconds kLookupsMax(60);

bool IsOnDisk(const v1::ForgottenKey::InView& in) {
  return !in.versions().empty() || in.live();
}

std::string PlacesText(const v1::ForgottenKey::InView& in) {
  std::vector<std::string> places;
  for (const int64_t version : in.versions()) {
    places.push_back(std::to_string(version));
  }
  if (!places.empty() && !in.certain()) places[0].insert(0, "perhaps ");
  if (in.live()) places.emplace_back("live");
  return places.empty() ? "none" : fmt::format("{}", fmt::join(places, ", "));
}

ExitCode Print(Connection& connection, const v1::ForgetResponse& reply) {
  const Terminal& terminal = connection.terminal();
  if (connection.json()) {
    terminal.Print("{}\n", ToJson(reply));
    return kOk;
  }
  Table table({"ENTITY", "KEY'S HASH", "FORGOTTEN", "BY", "VIEW", "ON DISK IN",
               "ERASED AFTER"});
  for (const v1::ForgottenKey& key : reply.keys()) {
    for (const v1::ForgottenKey::InView& in : key.views()) {
      table.Add({key.entity(), key.hash(), FormatTime(key.at_micros()),
                 key.who(), in.view(), PlacesText(in),
                 IsOnDisk(in) ? FormatTime(in.erase_micros()) : "-"});
    }
    if (key.change_log_erase_micros() != 0) {
      table.Add({key.entity(), key.hash(), FormatTime(key.at_micros()),
                 key.who(), "-", "change log",
                 FormatTime(key.change_log_erase_micros())});
    } else if (key.views().empty()) {
      table.Add({key.entity(), key.hash(), FormatTime(key.at_micros()),
                 key.who(), "-", "none", "-"});
    }
  }
  terminal.Print("{}", table.ToString());
  if (!reply.event_export_directory().empty()) {
    terminal.Print(
        "Parquet files under '{}' have what events said of it before, or have "
        "it after `freshet export-events`: they stay as they are. Delete it "
        "there, and wherever they were copied.\n",
        Printable(reply.event_export_directory()));
  }
  return kOk;
}

// `NAME=VALUE[,VALUE...]`. Of an entity with one join key it is one value as it
// is, with the name before it or without: a comma in it must not make it two
// others.
std::string AsArgument(const Entity& entity, std::string_view text) {
  if (entity.join_keys.size() != 1) return std::string(text);
  std::string argument = entity.join_keys[0].name + "=";
  if (text.starts_with(argument)) text.remove_prefix(argument.size());
  for (const char c : text) {
    if (c == ',') argument += '\\';
    argument += c;
  }
  return argument;
}

absl::StatusOr<v1::ForgetRequest> MakeRequest(const ForgetOptions& options,
                                              const Definitions& definitions) {
  v1::ForgetRequest request;
  request.set_entity(options.entity);
  const Entity* entity = definitions.FindEntity(options.entity);
  if (entity == nullptr) return request;  // The daemon says so.
  std::vector<std::string> arguments;
  for (const std::string& key : options.keys) {
    arguments.push_back(AsArgument(*entity, key));
  }
  std::map<std::string, Type> types;
  for (const JoinKey& key : entity->join_keys) types[key.name] = key.type;
  ASSIGN_OR_RETURN(const std::vector<KeyArgument> keys,
                   ParseKeyArguments(arguments, {}, types));
  for (const KeyArgument& key : keys) {
    ASSIGN_OR_RETURN(*request.add_keys(), ToKeyColumn(key));
  }
  return request;
}

ExitCode Send(Connection& connection, const ForgetOptions& options,
              const v1::GetDefinitionsResponse& applied) {
  const ParsedFile file = ParseFile(applied.definitions());
  const absl::StatusOr<v1::ForgetRequest> request =
      MakeRequest(options, file.definitions);
  if (!request.ok()) {
    connection.terminal().Error("freshet: {}\n",
                                std::string(request.status().message()));
    return kUsage;
  }
  return connection.Call<v1::ForgetRequest, v1::ForgetResponse>(
      &v1::AdminService::Stub::Forget, *request,
      [&](const v1::ForgetResponse& reply) { return Print(connection, reply); },
      kLookupsMax);
}

ExitCode Forget(Connection& connection, const ForgetOptions& options) {
  if (options.list ? !options.entity.empty() : options.keys.empty()) {
    connection.terminal().Error(
        "freshet: want ENTITY and its key, as in `freshet forget user 4711`, "
        "or --list alone\n");
    return kUsage;
  }
  if (options.list) {
    return connection.Call<v1::ListForgottenRequest, v1::ForgetResponse>(
        &v1::AdminService::Stub::ListForgotten, {},
        [&](const v1::ForgetResponse& reply) {
          return Print(connection, reply);
        });
  }
  return connection.Call<v1::GetDefinitionsRequest, v1::GetDefinitionsResponse>(
      &v1::AdminService::Stub::GetDefinitions, {},
      [&](const v1::GetDefinitionsResponse& applied) {
        return Send(connection, options, applied);
      });
}

}  // namespace

void AddForgetCommand(Commands& commands) {
  Connection& connection = commands.connection;
  auto options = std::make_shared<ForgetOptions>();
  CLI::App& forget = commands.Add(
      "forget",
      "Erase an entity, such as a person, from versions, live rows and windows",
      [&connection, options] { return Forget(connection, *options); });
  forget.add_option("entity", options->entity, "The entity, `user` for one");
  forget.add_option("keys", options->keys,
                    "Its key; several of them are several entities. Of one "
                    "with several join keys NAME=VALUE[,VALUE...] for each");
  forget.add_flag("--list", options->list,
                  "What is forgotten and not erased from the disk yet");
}

}  // namespace freshet
