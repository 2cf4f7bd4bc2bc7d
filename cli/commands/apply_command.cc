// SPDX-License-Identifier: Apache-2.0
#include <pwd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cctype>

#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/definition_file.h"
#include "cli/message_json.h"

namespace freshet {
namespace {

using Plan = v1::ApplyDefinitionsResponse;

struct ApplyOptions {
  std::string file;
  bool yes = false;
  bool dry_run = false;
  bool allow_delete = false;
};

// Sends one file: the plan first, whatever comes next, so that it is seen
// what would change and what that costs.
class Application {
 public:
  Application(Connection& connection, const ApplyOptions& options)
      : connection_(connection),
        terminal_(connection.terminal()),
        options_(options) {}

  ExitCode Run();

 private:
  ExitCode Read();
  ExitCode Send(Plan* reply);
  ExitCode Refused(const Plan& reply) const;
  std::string PlanText() const;
  bool NeedsAllowDelete() const;
  ExitCode Ask() const;
  ExitCode Apply();

  Connection& connection_;
  const Terminal& terminal_;
  const ApplyOptions& options_;
  v1::ApplyDefinitionsRequest request_;
  Plan plan_;
};

std::string UserName() {
  const char* user = std::getenv("USER");
  if (user != nullptr) return user;
  const passwd* entry = ::getpwuid(::getuid());
  return entry != nullptr ? entry->pw_name : std::to_string(::getuid());
}

ExitCode Application::Read() {
  ParsedFile parsed;
  const ExitCode code = ReadDefinitionFile(terminal_, options_.file, &parsed);
  if (code == kBadFile) {
    PrintProblems(terminal_, options_.file, parsed, "; nothing was applied");
  }
  if (code != kOk) return code;
  if (!parsed.has_definitions) {
    terminal_.Error(
        "freshet: '{}' has settings and no definitions, so there is nothing "
        "to apply. Settings count where they stand in the daemon's own file: "
        "restart it, or use `freshet reload`.\n",
        options_.file);
    return kBadFile;
  }
  request_.set_definitions(CanonicalText(parsed.definitions));
  request_.set_source_name(options_.file);
  request_.set_author(UserName());
  request_.set_allow_delete(options_.allow_delete);
  return kOk;
}

ExitCode Application::Refused(const Plan& reply) const {
  for (const std::string& problem : reply.problems()) {
    terminal_.Error("{}\n", problem);
  }
  terminal_.Error(
      "freshet: the daemon refused the definitions; nothing was "
      "applied.\n");
  return kBadFile;
}

ExitCode Application::Send(Plan* reply) {
  return connection_.Call<v1::ApplyDefinitionsRequest, Plan>(
      &v1::AdminService::Stub::ApplyDefinitions, request_,
      [&](const Plan& answer) {
        *reply = answer;
        return answer.problems().empty() ? kOk : Refused(answer);
      });
}

std::string Application::PlanText() const {
  if (plan_.changes().empty()) return "Nothing changes.\n";
  std::string text;
  for (const auto& change : plan_.changes()) {
    const std::string_view sign = change.kind() == "add"      ? "+"
                                  : change.kind() == "remove" ? "-"
                                                              : "~";
    text += fmt::format("{} {}: {}\n", sign, change.what(), change.effect());
  }
  if (!NeedsAllowDelete()) return text;
  for (const std::string& deletion : plan_.deletions()) {
    text += fmt::format("! {}: needs --allow-delete\n", deletion);
  }
  return text;
}

bool Application::NeedsAllowDelete() const {
  return !plan_.deletions().empty() && !options_.allow_delete;
}

// A question that only a clear yes answers. Beside JSON, which stays alone on
// the standard output, it stands with the plan among the messages.
ExitCode Application::Ask() const {
  if (!terminal_.interactive) {
    terminal_.Error(
        "freshet: not a terminal, so nobody can be asked: apply with --yes, "
        "or look only with --dry-run.\n");
    return kUsage;
  }
  std::FILE* to = connection_.json() ? terminal_.err : terminal_.out;
  if (connection_.json()) terminal_.Error("{}", PlanText());
  fmt::print(to, "Apply this? [y/N] ");
  std::fflush(to);
  char answer[16] = {};
  if (std::fgets(answer, sizeof(answer), terminal_.in) != nullptr &&
      std::tolower(static_cast<unsigned char>(answer[0])) == 'y') {
    return kOk;
  }
  fmt::print(to, "Nothing was applied.\n");
  return kFailed;
}

// Only if nothing came between: the plan that was shown is what is done.
ExitCode Application::Apply() {
  request_.set_dry_run(false);
  request_.set_expected_hash(plan_.base_hash());
  Plan reply;
  if (const ExitCode code = Send(&reply); code != kOk) return code;
  if (connection_.json()) {
    terminal_.Print("{}\n", ToJson(reply));
  } else {
    terminal_.Print(
        "Applied; the definitions' hash is {}. They win over the daemon's "
        "file until that file changes.\n",
        reply.hash());
  }
  return kOk;
}

ExitCode Application::Run() {
  if (const ExitCode code = Read(); code != kOk) return code;
  request_.set_dry_run(true);
  if (const ExitCode code = Send(&plan_); code != kOk) return code;

  const bool only_shown = options_.dry_run || plan_.changes().empty();
  if (!connection_.json()) terminal_.Print("{}", PlanText());
  if (connection_.json() && only_shown) terminal_.Print("{}\n", ToJson(plan_));
  if (NeedsAllowDelete()) {
    terminal_.Error(
        "freshet: '{}' removes {}; nothing was applied. To remove it all the "
        "same: freshet apply --allow-delete {}\n",
        options_.file, fmt::join(plan_.deletions(), "; "), options_.file);
    return kFailed;
  }
  if (only_shown) return kOk;
  if (!options_.yes) {
    if (const ExitCode code = Ask(); code != kOk) return code;
  }
  return Apply();
}

}  // namespace

void AddApplyCommand(Commands& commands) {
  Connection& connection = commands.connection;
  auto options = std::make_shared<ApplyOptions>();
  CLI::App& apply = commands.Add(
      "apply", "Send a file's definitions to the daemon; settings stay behind",
      [&connection, options] {
        return Application(connection, *options).Run();
      });
  apply
      .add_option(
          "file", options->file,
          "The YAML file; a relative path: in it starts at the directory "
          "of the daemon's own")
      ->required();
  apply.add_flag("--yes,-y", options->yes, "Do not ask");
  apply.add_flag("--dry-run", options->dry_run,
                 "Show the plan only; fails if it would be refused");
  apply.add_flag("--allow-delete", options->allow_delete,
                 "Let views, services and features that the file lacks be "
                 "removed");
}

}  // namespace freshet
