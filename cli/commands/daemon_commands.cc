// SPDX-License-Identifier: Apache-2.0
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/load_report.h"
#include "cli/message_json.h"
#include "cli/reply_text.h"
#include "cli/text.h"
#include "config/units.h"

namespace freshet {
namespace {

// `source payments: topic clicks, 6 partitions, 120 records behind, 3 dead
// letters`
std::string SourceText(const v1::StreamSourceState& source) {
  std::string topics;  // None of an older daemon.
  if (!source.topics().empty()) {
    topics = fmt::format("topic{} {}, ", source.topics_size() == 1 ? "" : "s",
                         fmt::join(source.topics(), ", "));
  }
  std::string text = fmt::format(
      "source {}: {}{} partition{}, {}", source.name(), topics,
      source.partitions(), source.partitions() == 1 ? "" : "s",
      source.lag() < 0 ? "not known how far behind"
                       : FormatCount(source.lag()) + " records behind");
  if (source.lag() > 0 && source.behind_seconds() > 0) {
    text += fmt::format(" ({})", FormatSeconds(source.behind_seconds()));
  }
  if (source.dead_letters() > 0) {
    text +=
        fmt::format(", {} dead letters", FormatCount(source.dead_letters()));
  }
  if (source.paused()) text += ", PAUSED";
  if (!source.message().empty()) {
    text += fmt::format(", NOT READ: {}", source.message());
  }
  return text;
}

// `events     in files of '/events' up to 2026-01-31T12:00:00Z, 4 records left`
std::string ExportText(const v1::EventExportState& state) {
  std::string text = fmt::format(
      "events     in files of '{}' up to {}, {} records left",
      Printable(state.directory()),
      state.complete_micros() == 0 ? "a time not known yet"
                                   : FormatTime(state.complete_micros()),
      FormatCount(state.records_left()));
  if (state.lost_records() > 0) {
    text +=
        fmt::format(", {} WERE LOST BEFORE", FormatCount(state.lost_records()));
  }
  if (!state.message().empty()) {
    text += fmt::format(", NOT WRITTEN: {}", Printable(state.message()));
  }
  return text;
}

void PrintStatus(const Terminal& terminal, const v1::DaemonStatus& status,
                 bool settings) {
  terminal.Print("freshetd {}, {}\n", status.version(),
                 status.ready() ? "ready" : "NOT READY");
  for (const std::string& reason : status.not_ready()) {
    terminal.Print("  {}\n", reason);
  }
  terminal.Print("now        {}{}\n", FormatTime(status.now_micros()),
                 status.simulated_clock() ? " (simulated clock)" : "");
  terminal.Print("ports      data {}, admin {}, http {}\n",
                 status.data_address(), status.admin_address(),
                 status.http_address());
  terminal.Print(
      "memory     {} resident; caches: rows {} of {}, blocks {} of {}\n",
      FormatBytes(status.resident_bytes()),
      FormatBytes(status.row_cache_bytes()),
      FormatBytes(status.row_cache_capacity_bytes()),
      FormatBytes(status.block_cache_bytes()),
      FormatBytes(status.block_cache_capacity_bytes()));
  terminal.Print("disk       {} free\n\n",
                 FormatBytes(status.disk_free_bytes()));
  terminal.Print("{}", ViewsTable(status.views()));
  if (!status.stream_views().empty() || status.change_log_bytes() > 0 ||
      !status.live_message().empty()) {
    terminal.Print("\n{}change log  {}{}\n",
                   StreamViewsTable(status.stream_views()),
                   FormatBytes(status.change_log_bytes()),
                   status.live_message().empty()
                       ? ""
                       : ", NOTHING CAN BE WRITTEN: " + status.live_message());
  }
  if (status.has_event_export()) {
    terminal.Print("{}\n", ExportText(status.event_export()));
  }
  for (const v1::StreamSourceState& source : status.stream_sources()) {
    terminal.Print("{}\n", Printable(SourceText(source)));
  }
  for (const v1::LoadJob& job : status.loads()) {
    terminal.Print("load {} of {}: {}, {} rows\n", job.id(), job.view(),
                   LoadPhaseText(job), FormatCount(job.rows()));
  }
  if (!settings) return;
  terminal.Print("\n");
  for (const std::string& line : status.settings()) {
    terminal.Print("{}\n", line);
  }
}

ExitCode Status(Connection& connection, bool settings) {
  return connection.Call<v1::GetStatusRequest, v1::DaemonStatus>(
      &v1::AdminService::Stub::GetStatus, {},
      [&](const v1::DaemonStatus& status) {
        if (connection.json()) {
          connection.terminal().Print("{}\n", ToJson(status));
        } else {
          PrintStatus(connection.terminal(), status, settings);
        }
        return status.ready() ? kOk : kFailed;
      });
}

ExitCode Reload(Connection& connection) {
  return connection.Call<v1::ReloadRequest, v1::ReloadResponse>(
      &v1::AdminService::Stub::Reload, {},
      [&](const v1::ReloadResponse& reply) {
        if (connection.json()) {
          connection.terminal().Print("{}\n", ToJson(reply));
          return kOk;
        }
        for (const std::string& line : reply.messages()) {
          connection.terminal().Print("{}\n", line);
        }
        return kOk;
      });
}

ExitCode SetClock(Connection& connection, const std::string& time) {
  const absl::StatusOr<int64_t> now = ParseTime(time);
  if (!now.ok()) {
    connection.terminal().Error("freshet: {}\n",
                                std::string(now.status().message()));
    return kUsage;
  }
  v1::SetClockRequest request;
  request.set_now_micros(*now);
  return connection.Call<v1::SetClockRequest, v1::SetClockResponse>(
      &v1::AdminService::Stub::SetClock, request,
      [&](const v1::SetClockResponse& reply) {
        if (connection.json()) {
          connection.terminal().Print("{}\n", ToJson(reply));
          return kOk;
        }
        connection.terminal().Print("The daemon's clock is at {}.\n",
                                    FormatTime(reply.now_micros()));
        return kOk;
      });
}

ExitCode Definitions(Connection& connection) {
  return connection.Call<v1::GetDefinitionsRequest, v1::GetDefinitionsResponse>(
      &v1::AdminService::Stub::GetDefinitions, {},
      [&](const v1::GetDefinitionsResponse& reply) {
        if (connection.json()) {
          connection.terminal().Print("{}\n", ToJson(reply));
          return kOk;
        }
        connection.terminal().Print(
            "# hash {}, applied {} by '{}' from '{}'\n{}\n", reply.hash(),
            FormatTimeIfAny(reply.applied_micros()), reply.author(),
            reply.source_name(), reply.definitions());
        return kOk;
      });
}

}  // namespace

void AddDaemonCommands(Commands& commands) {
  Connection& connection = commands.connection;
  auto settings = std::make_shared<bool>(false);
  commands
      .Add("status", "Show the daemon: readiness, ports, views, loads",
           [&connection, settings] { return Status(connection, *settings); })
      .add_flag("--settings", *settings, "Also each setting and its origin");
  commands.Add("definitions", "Print the definitions that are applied",
               [&connection] { return Definitions(connection); });
  commands.Add("reload", "Have the daemon read its file again, as SIGHUP does",
               [&connection] { return Reload(connection); });

  auto time = std::make_shared<std::string>();
  commands
      .Add("set-clock", "Move the clock of a daemon on a simulated clock",
           [&connection, time] { return SetClock(connection, *time); })
      .add_option("time", *time, "2013-12-31T23:59:59Z, or a date")
      ->required();
}

}  // namespace freshet
