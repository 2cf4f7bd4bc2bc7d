// SPDX-License-Identifier: Apache-2.0
// freshetd: reads its file, starts the daemon, waits for signals.
#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>
#include <spdlog/spdlog.h>

#include "absl/synchronization/mutex.h"
#include "base/status.h"
#include "server/daemon.h"
#include "server/exit_code.h"
#include "server/flags.h"
#include "server/process/log.h"
#include "server/process/sd_notify.h"
#include "server/process/signals.h"

namespace freshet {
namespace {

void Notify(std::string_view state) {
  const absl::Status status = NotifyServiceManager(state);
  if (!status.ok()) spdlog::warn("{}", std::string(status.message()));
}

absl::Status Serve(const Flags& flags, ConfigFile config) {
  ASSIGN_OR_RETURN(Machine machine, ReadMemory(""));
  ASSIGN_OR_RETURN(machine.descriptors, RaiseDescriptorLimit());
  ASSIGN_OR_RETURN(machine.address_bytes, AddressSpaceLimit());
  RETURN_IF_ERROR(InstallSignals());
  ASSIGN_OR_RETURN(
      const std::unique_ptr<Daemon> daemon,
      Daemon::Start({std::move(config), flags.sets, std::move(machine)}));
  const Ports ports = daemon->ports();
  spdlog::info("serving: data on port {}, admin on {}, http on {}", ports.data,
               ports.admin, ports.http);
  Notify("READY=1");
  while (WaitForSignal() == Signal::kReload) {
    Notify(ReloadingState());
    // What came of it is in the log and in the metrics.
    static_cast<void>(daemon->Reload().ok());
    Notify("READY=1");
  }
  Notify("STOPPING=1");
  spdlog::info("draining; a second signal ends at once");
  daemon->Drain();
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  OpenStandardStreams();
  const FlagsResult parsed = ParseFlags(argc, argv);
  if (!parsed.run) return parsed.exit_code;
  // It would log every request that it cannot parse.
  google::protobuf::SetLogHandler(nullptr);
  // Debian builds Abseil with its search for deadlocks, at each lock of gRPC's.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  StartLog({});
  auto config = ReadConfigFile(parsed.flags.config, parsed.flags.sets);
  absl::Status status = config.status();
  if (status.ok() && parsed.flags.check) {
    fmt::print("{}: ok\n", parsed.flags.config);
    return static_cast<int>(ExitCode::kOk);
  }
  if (status.ok()) {
    StartLog(config->settings.log);
    status = Serve(parsed.flags, *std::move(config));
  }
  if (status.ok()) {
    spdlog::info("stopped");
  } else {
    spdlog::error("{}", std::string(status.message()));
  }
  return ExitCodeOf(status);
}

}  // namespace
}  // namespace freshet

int main(int argc, char** argv) { return freshet::Main(argc, argv); }
