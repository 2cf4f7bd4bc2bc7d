// SPDX-License-Identifier: Apache-2.0
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <optional>

#include "base/status.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/push/event_file.h"
#include "cli/push/event_stream.h"
#include "cli/push/push_report.h"
#include "cli/push/push_request.h"
#include "config/names.h"
#include "config/nearest.h"
#include "config/parse.h"

namespace freshet {
namespace {

struct PushOptions {
  std::string source;
  EventFileOptions file;
  std::string format = FileFormatName(FileFormat::kAuto);
  std::string at;
  size_t batch = 1000;
};

ExitCode NoSuchSource(const Terminal& terminal, const std::string& name,
                      const Definitions& definitions) {
  std::vector<std::string> names;
  for (const StreamSource& source : definitions.stream_sources) {
    names.push_back(source.name);
  }
  terminal.Error("freshet: no stream source '{}'; {}\n", name,
                 names.empty() ? "none is defined" : NearestText(name, names));
  return kFailed;
}

// What the daemon's definitions say of a source; if nothing, how to end.
ExitCode FindSource(Connection& connection, const std::string& name,
                    std::optional<StreamSource>* found) {
  return connection.Call<v1::GetDefinitionsRequest, v1::GetDefinitionsResponse>(
      &v1::AdminService::Stub::GetDefinitions, {},
      [&](const v1::GetDefinitionsResponse& reply) {
        const Terminal& terminal = connection.terminal();
        const ParsedFile file = ParseFile(reply.definitions());
        if (!file.problems.empty()) {
          terminal.Error(
              "freshet: the daemon's definitions cannot be read here: {}\n"
              "Compare `freshet version` with the daemon's.\n",
              file.problems.front().message);
          return kFailed;
        }
        const StreamSource* source = file.definitions.FindStreamSource(name);
        if (source == nullptr) {
          return NoSuchSource(terminal, name, file.definitions);
        }
        *found = *source;
        return kOk;
      });
}

// Errors of reading the file.
ExitCode Unreadable(const Terminal& terminal, const absl::Status& status) {
  terminal.Error("freshet: {}\n", std::string(status.message()));
  if (absl::IsFailedPrecondition(status)) return kUsage;
  if (absl::IsAborted(status)) return kFailed;
  return absl::IsInvalidArgument(status) ? kBadFile : kNoFile;
}

// What becomes of events that are pushed again.
std::string Again(const StreamSource& source) {
  if (source.id_field.empty()) {
    return fmt::format(
        "Source '{}' has no id_field: what is pushed again counts again.",
        source.name);
  }
  return fmt::format(
      "Push the whole file again: an event counts once by its '{}', for the "
      "source's deduplicate_for.",
      source.id_field);
}

ExitCode Refused(const Connection& connection,
                 const EventStream::Ended& ended) {
  if (!ended.refused ||
      ended.status.error_code() != grpc::StatusCode::UNAVAILABLE) {
    return connection.ReportData(ended.status);
  }
  // It answers, but cannot write.
  connection.terminal().Error("freshet: {}\n", ended.status.error_message());
  return kTryAgain;
}

ExitCode PushLines(Connection& connection, const PushOptions& options,
                   const StreamSource& source, EventFile& file) {
  const Terminal& terminal = connection.terminal();
  PushReport report(terminal, connection.json(), source.name, file.unit());
  EventStream stream(
      connection.push(), file.unit(),
      [&](const v1::PushResponse& answer, const EventStream::Lines& lines) {
        report.Add(answer, lines);
        report.Draw(file);
      });
  absl::Status read;
  bool sent = true;
  for (EventLines events{EventRows(source.fields)}; sent;) {
    read = file.Read(options.batch, events);
    if (!read.ok() || events.rows.size() == 0) break;
    sent =
        stream.Send(MakePushRequest(source, events.rows.batch()), events.lines);
  }
  const EventStream::Ended ended = stream.End();
  report.Undraw();
  if (read.ok() && ended.status.ok()) return report.End();
  ExitCode code = kFailed;
  if (!ended.status.ok()) code = Refused(connection, ended);
  if (!read.ok()) code = Unreadable(terminal, read);
  report.EndOfError(ended.unknown, Again(source));
  return code;
}

ExitCode Push(Connection& connection, PushOptions& options) {
  const Terminal& terminal = connection.terminal();
  options.file.format = FileFormatOf(options.format);
  if (!options.at.empty()) options.file.at_day = DayPointOf(options.at);
  std::optional<StreamSource> source;
  const ExitCode found = FindSource(connection, options.source, &source);
  if (found != kOk) return found;
  const auto file = OpenEventFile(options.file, terminal.in, *source);
  if (!file.ok()) return Unreadable(terminal, file.status());
  // So that nothing is pushed of a file with a line or a row that is wrong.
  const absl::Status checked = (*file)->Check();
  if (!checked.ok()) return Unreadable(terminal, checked);
  const ExitCode code = PushLines(connection, options, *source, **file);
  const std::vector<std::string> never = (*file)->NeverGiven();
  if (code == kOk && (*file)->bytes_read() > 0 && !never.empty()) {
    terminal.Error("freshet: no event has a value for '{}'\n",
                   fmt::join(never, "', '"));
  }
  return code;
}

}  // namespace

void AddPushCommand(Commands& commands) {
  Connection& connection = commands.connection;
  auto options = std::make_shared<PushOptions>();
  CLI::App& push = commands.Add(
      "push", "Push the events of a file to a stream source",
      [&connection, options] { return Push(connection, *options); });
  push.add_option("source", options->source, "The stream source")->required();
  push.add_option("file", options->file.path,
                  "JSON Lines, CSV, Parquet or Arrow IPC, one event a row; -: "
                  "JSON Lines from the standard input")
      ->required();
  push.add_option("--format", options->format,
                  "Of the file, where its name does not say it")
      ->check(CLI::IsMember(FileFormatNames()))
      ->capture_default_str();
  push.add_option("--zone", options->file.zone,
                  "Of times that are written without one: UTC, Europe/Paris");
  push.add_option("--at", options->at,
                  "The moment of its day that a date is; with --zone")
      ->check(CLI::IsMember(DayPointNames()));
  push.add_option("--loader", options->file.loader,
                  "Path of freshet-load, which reads what is not JSON Lines; "
                  "without it beside this program");
  push.add_option("--batch", options->batch, "Events that are sent at a time")
      ->check(CLI::Range(size_t{1}, size_t{1000000}))
      ->capture_default_str();
}

}  // namespace freshet
