// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <filesystem>

#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/load_report.h"
#include "cli/message_json.h"
#include "cli/text.h"

namespace freshet {
namespace {

struct LoadOptions {
  std::string view;
  std::string path;
  std::string key;
  std::string label;
  std::string run;
  std::string as_of;
  bool no_activate = false;
  bool dry_run = false;
  bool full = false;
  bool no_wait = false;
};

// A path that exists here is meant as it is here; the daemon has another
// working directory.
std::string PathForDaemon(const std::string& path) {
  std::error_code error;
  if (path.empty() || !std::filesystem::exists(path, error)) return path;
  return std::filesystem::absolute(path).string();
}

// A script's variable that is empty would lose what it stands for in silence.
std::string CheckNotEmpty(const std::string& text) {
  return text.empty() ? "is empty; leave it out if it is not meant" : "";
}

// Follows a job to its end. The daemon goes on whatever happens here. `begun`:
// the job is there, whether or not the daemon can still say so.
ExitCode Watch(Connection& connection, const std::string& id, bool begun) {
  const Terminal& terminal = connection.terminal();
  grpc::ClientContext context;  // No deadline: loads take their time.
  v1::GetLoadRequest request;
  request.set_id(id);
  const auto reader = connection.admin().WatchLoad(&context, request);
  LoadReport report(terminal, connection.json());
  v1::LoadJob job;
  while (reader->Read(&job)) {
    begun = true;
    report.Show(job);
  }
  const grpc::Status status = reader->Finish();
  if (status.ok()) return report.End(job);
  if (begun) {
    terminal.Error(
        "freshet: lost sight of load '{}'; it may go on. Look with "
        "`freshet watch {}`.\n",
        id, id);
  }
  return connection.Report(status);
}

// A job that another call with the same key began, and that ended well.
bool IsDoneBefore(const v1::LoadJob& job) {
  return job.phase() == v1::LOAD_PHASE_DONE && job.version() > 0;
}

ExitCode PrintDoneBefore(const Terminal& terminal, const v1::LoadJob& job) {
  terminal.Print(
      "{}: a load with the key '{}' ended at {} and made version {}; nothing "
      "was loaded now. `freshet versions {}` shows what serves.\n",
      job.view(), job.idempotency_key(), FormatTime(job.ended_micros()),
      job.version(), job.view());
  return kOk;
}

ExitCode Load(Connection& connection, const LoadOptions& options) {
  const Terminal& terminal = connection.terminal();
  v1::LoadSnapshotRequest request;
  request.set_view(options.view);
  request.set_path(PathForDaemon(options.path));
  request.set_idempotency_key(options.key);
  request.set_label(options.label);
  request.set_run(options.run);
  request.set_no_activate(options.no_activate);
  request.set_dry_run(options.dry_run);
  request.set_full(options.full);
  if (!options.as_of.empty()) {
    const absl::StatusOr<int64_t> as_of = ParseTime(options.as_of);
    if (!as_of.ok()) {
      terminal.Error("freshet: --as-of: {}\n",
                     std::string(as_of.status().message()));
      return kUsage;
    }
    request.set_as_of_micros(*as_of);
  }
  return connection.Call<v1::LoadSnapshotRequest, v1::LoadJob>(
      &v1::AdminService::Stub::LoadSnapshot, request,
      [&](const v1::LoadJob& job) {
        if (IsDoneBefore(job) && !connection.json()) {
          return PrintDoneBefore(terminal, job);
        }
        if (!options.no_wait) return Watch(connection, job.id(), true);
        if (connection.json()) {
          terminal.Print("{}\n", ToJson(job));
        } else {
          terminal.Print(
              "Load '{}' has begun. Follow it with `freshet watch "
              "{}`.\n",
              job.id(), job.id());
        }
        return kOk;
      });
}

ExitCode List(Connection& connection, const std::string& view) {
  v1::ListLoadsRequest request;
  request.set_view(view);
  return connection.Call<v1::ListLoadsRequest, v1::ListLoadsResponse>(
      &v1::AdminService::Stub::ListLoads, request,
      [&](const v1::ListLoadsResponse& reply) {
        const Terminal& terminal = connection.terminal();
        if (connection.json()) {
          terminal.Print("{}\n", ToJson(reply));
          return kOk;
        }
        Table table(
            {"LOAD", "VIEW", "PHASE", "VERSION", "ROWS", "STARTED", "MESSAGE"});
        for (const v1::LoadJob& job : reply.loads()) {
          table.Add({job.id(), job.view(), LoadPhaseText(job),
                     job.version() == 0 ? "-" : std::to_string(job.version()),
                     FormatCount(job.rows()),
                     FormatTimeIfAny(job.started_micros()), job.message()});
        }
        terminal.Print("{}", table.ToString());
        if (reply.loads().empty()) {
          terminal.Print("No load {}has begun or is remembered.\n",
                         view.empty() ? "" : "of view '" + view + "' ");
        }
        return kOk;
      });
}

ExitCode Cancel(Connection& connection, const std::string& id) {
  v1::GetLoadRequest request;
  request.set_id(id);
  return connection.Call<v1::GetLoadRequest, v1::LoadJob>(
      &v1::AdminService::Stub::CancelLoad, request,
      [&](const v1::LoadJob& job) {
        const Terminal& terminal = connection.terminal();
        if (connection.json()) {
          terminal.Print("{}\n", ToJson(job));
        } else {
          terminal.Print(
              "Load '{}' of view '{}': {}{}.\n", job.id(), job.view(),
              LoadPhaseText(job),
              job.phase() < v1::LOAD_PHASE_DONE ? ", told to stop" : "");
        }
        if (job.phase() != v1::LOAD_PHASE_DONE) return kOk;
        terminal.Error("It had ended before; nothing was cancelled\n");
        return kFailed;
      });
}

ExitCode Notify(Connection& connection, const std::string& view) {
  v1::NotifySourceRequest request;
  request.set_view(view);
  return connection.Call<v1::NotifySourceRequest, v1::NotifySourceResponse>(
      &v1::AdminService::Stub::NotifySource, request,
      [&](const v1::NotifySourceResponse& reply) {
        const Terminal& terminal = connection.terminal();
        if (connection.json()) {
          terminal.Print("{}\n", ToJson(reply));
        } else {
          terminal.Print(
              "The source of view '{0}' is looked at now; `freshet loads {0}` "
              "shows what comes of it.\n",
              view);
        }
        return kOk;
      });
}

}  // namespace

void AddLoadCommands(Commands& commands) {
  Connection& connection = commands.connection;

  auto options = std::make_shared<LoadOptions>();
  CLI::App& load = commands.Add(
      "load", "Load a snapshot as a new version and follow it to its end",
      [&connection, options] { return Load(connection, *options); });
  load.add_option("view", options->view, "The feature view")->required();
  load.add_option("path", options->path,
                  "File or directory, as it is here if it is here, else as "
                  "the daemon sees it, from the directory of its file; "
                  "default: the definition's source path")
      ->check(CheckNotEmpty);
  load.add_option("--key", options->key,
                  "Idempotency key: the same key never loads twice")
      ->check(CheckNotEmpty);
  load.add_option("--as-of", options->as_of,
                  "What the snapshot is a picture of; default: its greatest "
                  "event time")
      ->check(CheckNotEmpty);
  load.add_option("--label", options->label, "Point this label at it")
      ->check(CheckNotEmpty);
  load.add_option("--run", options->run,
                  "What it has in common with the snapshots of the views that "
                  "it goes live with; default: where it lies beneath the "
                  "definition's source path")
      ->check(CheckNotEmpty);
  load.add_flag("--no-activate", options->no_activate,
                "Keep the version, do not serve it yet");
  load.add_flag("--dry-run", options->dry_run, "Read and check only");
  load.add_flag("--full", options->full,
                "It holds all there is, also where the source is of mode "
                "upsert");
  load.add_flag("--no-wait", options->no_wait, "Do not follow it");

  auto view = std::make_shared<std::string>();
  CLI::App& loads =
      commands.Add("loads", "List running and ended loads",
                   [&connection, view] { return List(connection, *view); });
  loads.add_option("view", *view, "Of this view only");

  auto id = std::make_shared<std::string>();
  commands
      .Add("watch", "Follow a load to its end",
           [&connection, id] { return Watch(connection, *id, false); })
      .add_option("load", *id, "The load's id")
      ->required();
  commands
      .Add("cancel", "Cancel a load; nothing of it stays",
           [&connection, id] { return Cancel(connection, *id); })
      .add_option("load", *id, "The load's id")
      ->required();
  commands
      .Add("notify", "Have a watched source looked at now",
           [&connection, view] { return Notify(connection, *view); })
      .add_option("view", *view, "The feature view")
      ->required();
}

}  // namespace freshet
