// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/status.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/message_json.h"
#include "cli/text.h"

namespace freshet {
namespace {

struct SeekOptions {
  std::string source;
  std::string start;
  std::vector<std::string> partitions;
};

ExitCode Pause(Connection& connection, const std::string& source, bool resume) {
  v1::PauseSourceRequest request;
  request.set_source(source);
  request.set_resume(resume);
  return connection.Call<v1::PauseSourceRequest, v1::PauseSourceResponse>(
      &v1::AdminService::Stub::PauseSource, request,
      [&](const v1::PauseSourceResponse& reply) {
        if (connection.json()) {
          connection.terminal().Print("{}\n", ToJson(reply));
        } else if (resume) {
          connection.terminal().Print("Source '{}' is read on.\n", source);
        } else {
          connection.terminal().Print(
              "Source '{0}' is paused, also after a restart, until `freshet "
              "resume {0}`.\n",
              source);
        }
        return kOk;
      });
}

// TOPIC:PARTITION
absl::StatusOr<v1::TopicPartition> ParsePartition(const std::string& text) {
  const size_t colon = text.rfind(':');
  int32_t number = 0;
  if (colon == std::string::npos || colon == 0 ||
      !absl::SimpleAtoi(text.substr(colon + 1), &number) || number < 0) {
    return InvalidArgument("'{}': want TOPIC:PARTITION, as in clicks:3", text);
  }
  v1::TopicPartition partition;
  partition.set_topic(text.substr(0, colon));
  partition.set_partition(number);
  return partition;
}

absl::StatusOr<v1::SeekSourceRequest> MakeRequest(const SeekOptions& options) {
  v1::SeekSourceRequest request;
  request.set_source(options.source);
  if (options.start == "earliest") {
    request.set_start(v1::SeekSourceRequest::START_EARLIEST);
  } else if (options.start == "latest") {
    request.set_start(v1::SeekSourceRequest::START_LATEST);
  } else {
    const auto time = ParseTime(options.start);
    if (!time.ok()) {
      return InvalidArgument("'{}': want earliest, latest, or a time: {}",
                             options.start,
                             std::string(time.status().message()));
    }
    request.set_start(v1::SeekSourceRequest::START_TIME);
    request.set_time_micros(*time);
  }
  for (const std::string& text : options.partitions) {
    ASSIGN_OR_RETURN(*request.add_partitions(), ParsePartition(text));
  }
  return request;
}

ExitCode Seek(Connection& connection, const SeekOptions& options) {
  const auto request = MakeRequest(options);
  if (!request.ok()) {
    connection.terminal().Error("freshet: {}\n",
                                std::string(request.status().message()));
    return kUsage;
  }
  return connection.Call<v1::SeekSourceRequest, v1::SeekSourceResponse>(
      &v1::AdminService::Stub::SeekSource, *request,
      [&](const v1::SeekSourceResponse& reply) {
        const Terminal& terminal = connection.terminal();
        if (connection.json()) {
          terminal.Print("{}\n", ToJson(reply));
          return kOk;
        }
        for (const v1::TopicPartition& one : reply.partitions()) {
          terminal.Print(
              "Partition {} of topic '{}' is to be read on from there.\n",
              one.partition(), Printable(one.topic()));
        }
        terminal.Print(
            "In a moment, or when source '{0}' is resumed; one that was read "
            "beyond goes on where it was. If anything is passed over, windows "
            "that begin before then are INCOMPLETE. `freshet status` and the "
            "daemon's log say more.\n",
            options.source);
        return kOk;
      });
}

struct ReplayOptions {
  std::string view;
  std::string from;
  bool know_less = false;
  bool stop = false;
};

ExitCode Replay(Connection& connection, const ReplayOptions& options) {
  v1::ReplayViewRequest request;
  request.set_view(options.view);
  request.set_may_know_less(options.know_less);
  request.set_stop(options.stop);
  if (!options.from.empty() && options.from != "earliest") {
    const auto time = ParseTime(options.from);
    if (!time.ok()) {
      connection.terminal().Error(
          "freshet: '{}': want earliest, or a time: {}\n", options.from,
          std::string(time.status().message()));
      return kUsage;
    }
    request.set_from_micros(*time);
  }
  return connection.Call<v1::ReplayViewRequest, v1::ReplayViewResponse>(
      &v1::AdminService::Stub::ReplayView, request,
      [&](const v1::ReplayViewResponse& reply) {
        const Terminal& terminal = connection.terminal();
        if (connection.json()) {
          terminal.Print("{}\n", ToJson(reply));
        } else if (options.stop) {
          terminal.Print("View '{}' stays as it is.\n", options.view);
        } else {
          terminal.Print(
              "View '{}' is being made anew from its topics; until it is, what "
              "there is answers. `freshet status` and the daemon's log say how "
              "far it is.\n",
              options.view);
        }
        return kOk;
      });
}

void AddReplay(Commands& commands) {
  Connection& connection = commands.connection;
  auto options = std::make_shared<ReplayOptions>();
  CLI::App& replay = commands.Add(
      "replay", "Make the windows of a view anew from its source's topics",
      [&connection, options] { return Replay(connection, *options); });
  replay.add_option("view", options->view, "Of stream_feature_views")
      ->required();
  CLI::Option* from =
      replay.add_option("from", options->from,
                        "earliest, which it is without; or the time of the "
                        "first records");
  CLI::Option* less =
      replay.add_flag("--know-less", options->know_less,
                      "Also if the topics go less far back than the windows "
                      "do");
  replay.add_flag("--stop", options->stop, "Give up what was begun instead")
      ->excludes(from)
      ->excludes(less);
}

// A segment of the change log takes seconds, and there may be many.
constexpr std::chrono::hours kExportMax(24);

ExitCode ExportEvents(Connection& connection) {
  return connection.Call<v1::ExportEventsRequest, v1::EventExportState>(
      &v1::AdminService::Stub::ExportEvents, {},
      [&](const v1::EventExportState& state) {
        if (connection.json()) {
          connection.terminal().Print("{}\n", ToJson(state));
          return kOk;
        }
        connection.terminal().Print(
            "Events that came until {} are in files of '{}'.\n",
            FormatTime(state.complete_micros()), Printable(state.directory()));
        return kOk;
      },
      kExportMax);
}

}  // namespace

void AddSourceCommands(Commands& commands) {
  Connection& connection = commands.connection;
  const auto add_pause = [&](const std::string& name, bool resume,
                             const std::string& description) {
    auto source = std::make_shared<std::string>();
    commands
        .Add(name, description,
             [&connection, source, resume] {
               return Pause(connection, *source, resume);
             })
        .add_option("source", *source, "Of stream_sources, with topics")
        ->required();
  };
  add_pause("pause", false, "Read no more of the topics of a stream source");
  add_pause("resume", true, "Read on what was paused");

  commands.Add("export-events",
               "Have all events that came in Parquet files, and wait for it",
               [&connection] { return ExportEvents(connection); });

  AddReplay(commands);

  auto options = std::make_shared<SeekOptions>();
  CLI::App& seek = commands.Add(
      "seek", "Read a stream source's topics on from later, past a gap",
      [&connection, options] { return Seek(connection, *options); });
  seek.add_option("source", options->source, "Of stream_sources, with topics")
      ->required();
  seek.add_option("start", options->start,
                  "earliest, where a gap stopped it; latest; or a time")
      ->required();
  seek.add_option("--partition", options->partitions,
                  "TOPIC:PARTITION, instead of all; again for several");
}

}  // namespace freshet
