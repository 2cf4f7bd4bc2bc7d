// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <sstream>

#include "base/clock.h"
#include "base/file.h"
#include "server/build.h"
#include "server/metrics/families.h"
#include "server/metrics/metrics_page.h"
#include "server/net/acceptor.h"
#include "versions/store.h"

namespace freshet {
namespace {

using Metric = Families::Type;

// Fields of /proc/self/stat after the name, which may hold anything:
// field 0 here is number 3 of proc(5).
std::vector<double> StatFields() {
  const std::string text = ReadFile("/proc/self/stat").value_or("");
  std::istringstream in(text.substr(text.rfind(')') + 1));
  std::vector<double> fields;
  std::string state;
  in >> state;
  fields.push_back(0);
  for (double value = 0; in >> value;) fields.push_back(value);
  return fields;
}

double BootSeconds() {
  const std::string text = ReadFile("/proc/stat").value_or("");
  const size_t at = text.find("\nbtime ");
  if (at == std::string::npos) return 0;
  double seconds = 0;
  std::istringstream(text.substr(at + 7)) >> seconds;
  return seconds;
}

void AddProcStat(Families& families) {
  const std::vector<double> stat = StatFields();
  if (stat.size() < 22) return;
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
  families.Counter("process_cpu_seconds_total", "User and system time.",
                   (stat[11] + stat[12]) / ticks);
  families.Gauge("process_threads", "Threads.", stat[17]);
  families.Gauge("process_start_time_seconds",
                 "Start of the process, since 1970.",
                 BootSeconds() + stat[19] / ticks);
  families.Gauge("process_virtual_memory_bytes", "Address space.", stat[20]);
  families.Gauge("process_resident_memory_bytes", "Memory in RAM.",
                 stat[21] * page);
}

void AddDescriptors(Families& families) {
  families.Declare(Metric::kGauge, "process_open_fds", "Open descriptors.");
  if (const auto fds = ListDir("/proc/self/fd"); fds.ok()) {
    families.Add(static_cast<double>(fds->size()));
  }
  families.Declare(Metric::kGauge, "process_max_fds", "RLIMIT_NOFILE.");
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    families.Add(static_cast<double>(limit.rlim_cur));
  }
}

void AddConnections(const MetricsSource& source, Families& families) {
  families.Declare(Metric::kGauge, "freshet_connections", "Open connections.");
  for (Acceptor* acceptor : source.acceptors) {
    families.Add(static_cast<double>(acceptor->open_connections()),
                 {{"port", acceptor->name()}});
  }
  families.Declare(Metric::kCounter, "freshet_connections_rejected_total",
                   "Connections closed at once.");
  for (Acceptor* acceptor : source.acceptors) {
    for (size_t r = 0; r < kRejectReasons.size(); ++r) {
      families.Add(
          static_cast<double>(acceptor->rejected(static_cast<RejectReason>(r))),
          {{"port", acceptor->name()}, {"reason", kRejectReasons[r]}});
    }
  }
}

}  // namespace

void AddProcessMetrics(const MetricsSource& source, Families& families) {
  families.Declare(Metric::kGauge, "freshet_build_info", "Always 1.");
  families.Add(1, {{"version", kBuild}});
  families.Gauge("freshet_ready", "What /readyz says.", source.ready() ? 1 : 0);
  families.Gauge("freshet_clock_seconds", "The daemon's clock.",
                 Seconds(source.clock->NowMicros()));
  families.Gauge("freshet_clock_simulated", "1: it is the simulated one.",
                 source.simulated_clock ? 1 : 0);
  families.Gauge("freshet_config_last_reload_successful",
                 "0: the file was broken when last read.",
                 source.reload->successful.load() ? 1 : 0);
  families.Gauge("freshet_config_last_reload_timestamp_seconds",
                 "When the file was last read.",
                 Seconds(source.reload->at_micros.load()));
  families.Declare(Metric::kGauge, "freshet_definitions_info", "Always 1.");
  families.Add(
      1, {{"hash", source.store->serving().Current()->definitions_hash()}});
  families.Gauge("freshet_memory_limit_bytes",
                 "The machine's memory, or the cgroup's limit.",
                 static_cast<double>(source.memory_limit_bytes));
  AddConnections(source, families);
  AddProcStat(families);
  AddDescriptors(families);
}

}  // namespace freshet
