// SPDX-License-Identifier: Apache-2.0
#include "server/daemon_pages.h"

#include <fmt/format.h>
#include <unistd.h>

#include <sstream>

#include "base/file.h"
#include "config/timestamp.h"
#include "freshet/v1/admin.pb.h"
#include "server/build.h"
#include "server/http/object_events.h"
#include "server/http/status_page.h"
#include "server/views_report.h"
#include "versions/store.h"
#include "versions/watch/source_watcher.h"

namespace freshet {
namespace {

std::vector<std::string> Reasons(const DaemonFacts& facts) {
  auto reasons = NotReadyReasons(*facts.store->serving().Current());
  if (facts.draining) reasons.push_back("the daemon is shutting down");
  return reasons;
}

int64_t ResidentBytes() {
  int64_t all = 0;
  int64_t resident = 0;
  std::istringstream(ReadFile("/proc/self/statm").value_or("")) >> all >>
      resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

// `name = value (where it comes from)`.
std::vector<std::string> DescribeSettings(const DaemonFacts& facts) {
  const auto defaults = ListSettings(Settings());
  const auto asked = ListSettings(facts.settings->asked);
  const auto real = ListSettings(facts.settings->sizing.settings);
  std::vector<std::string> lines;
  for (size_t i = 0; i < real.size(); ++i) {
    const std::string_view from =
        real[i].value != asked[i].value       ? "derived from the machine"
        : asked[i].value != defaults[i].value ? "set"
                                              : "default";
    lines.push_back(
        fmt::format("{} = {} ({})", real[i].name, real[i].value, from));
  }
  return lines;
}

// What the looks at watched sources say, a line each.
std::vector<std::string> DescribeSources(const SourceWatcher& watcher) {
  std::vector<std::string> lines;
  for (const auto& [view, state] : watcher.states()) {
    const std::string looked =
        state.looked_micros == 0
            ? "never looked at"
            : "looked at " + FormatTimestamp(state.looked_micros);
    const absl::Status& status = state.status;
    std::string says = std::string(status.message());
    if (status.ok()) {
      says = fmt::format("'{}' is complete{}{}", state.path,
                         state.load.ok() ? "" : " and cannot be loaded: ",
                         std::string(state.load.message()));
    } else if (!absl::IsFailedPrecondition(status)) {
      says = "cannot be looked at: " + says;
    }
    lines.push_back(fmt::format("{}: {}; {}", view, looked, says));
  }
  return lines;
}

}  // namespace

HttpReply ReadyPage(const DaemonFacts& facts) {
  const auto reasons = Reasons(facts);
  if (reasons.empty()) return {.body = "ready\n"};
  return {.code = 503,
          .body = fmt::format("not ready:\n{}\n", fmt::join(reasons, "\n"))};
}

HttpReply IndexPage(const DaemonFacts& facts, const SourceWatcher& watcher) {
  const auto views =
      ReportViews(*facts.store->serving().Current(),
                  *facts.store->catalog().state(), facts.now_micros);
  const std::vector<std::string> lines = {
      fmt::format("version {}", kBuild),
      fmt::format("clock {}{}", FormatTimestamp(facts.now_micros),
                  facts.simulated_clock ? " (simulated)" : ""),
      fmt::format("started {}", FormatTimestamp(facts.started_micros)),
      "data on " + facts.data_address,
      "admin on " + facts.admin_address,
      "definitions " + facts.store->serving().Current()->definitions_hash(),
  };
  return {.type = "text/html; charset=utf-8",
          .body = StatusPage(views, Reasons(facts), DescribeSources(watcher),
                             lines)};
}

void DescribeDaemon(const DaemonFacts& facts, v1::DaemonStatus& status) {
  status.set_version(std::string(kBuild));
  status.set_started_micros(facts.started_micros);
  for (const std::string& reason : Reasons(facts)) {
    status.add_not_ready(reason);
  }
  status.set_ready(status.not_ready_size() == 0);
  status.set_data_address(facts.data_address);
  status.set_admin_address(facts.admin_address);
  status.set_http_address(facts.http_address);
  const auto free =
      FreeBytes(facts.settings->sizing.settings.storage.directory);
  status.set_disk_free_bytes(free.value_or(-1));
  const StoreResources::Stats stats = facts.store->publisher().memory();
  status.set_block_cache_bytes(stats.cache_bytes);
  status.set_block_cache_capacity_bytes(stats.cache_capacity_bytes);
  status.set_row_cache_bytes(stats.row_cache_bytes);
  status.set_row_cache_capacity_bytes(stats.row_cache_capacity_bytes);
  status.set_resident_bytes(ResidentBytes());
  status.set_definitions_hash(
      facts.store->serving().Current()->definitions_hash());
  for (const std::string& line : DescribeSettings(facts)) {
    status.add_settings(line);
  }
}

HttpReply ObjectEventsPage(SourceWatcher& watcher, std::string_view body) {
  const auto objects = ObjectsOf(body);
  if (!objects.ok()) {
    return {
        .code = 400,
        .body = fmt::format("{}\n", std::string(objects.status().message()))};
  }
  int64_t sources = 0;
  for (const std::string& object : *objects) {
    sources += watcher.NotifyObject(object);
  }
  return {.body = fmt::format("looks at sources: {}\n", sources)};
}

}  // namespace freshet
