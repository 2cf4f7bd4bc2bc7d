// SPDX-License-Identifier: Apache-2.0
#include "server/reload.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/check.h"
#include "base/clock.h"
#include "base/status.h"
#include "server/config_file.h"
#include "server/metrics/metrics_page.h"
#include "server/process/sizing.h"
#include "versions/store.h"

namespace freshet {
namespace {

constexpr std::array<std::string_view, 26> kReloadable = {
    "listen.connections_max",
    "listen.connections_per_peer_max",
    "limits.keys_max",
    "limits.features_max",
    "limits.reply_max",
    "limits.default_deadline",
    "load.sort_buffer",
    "load.memory_max",
    "load.cpu_max",
    "load.idle_timeout",
    "load.concurrent_max",
    "load.row_max",
    "load.columns_max",
    "load.file_max",
    "load.downloads_max",
    "load.download_rate_max",
    "s3.endpoint",
    "s3.region",
    "s3.ca_file",
    "s3.anonymous",
    "s3.connect_timeout",
    "s3.request_timeout",
    "log.level",
    "log.slow_request",
    "drain_delay",
    "drain_deadline"};

// A sentence for each setting that differs.
std::vector<std::string> Differences(const Settings& before,
                                     const Settings& after) {
  const auto old_list = ListSettings(before);
  const auto new_list = ListSettings(after);
  CHECK(old_list.size() == new_list.size());
  std::vector<std::string> sentences;
  for (size_t i = 0; i < new_list.size(); ++i) {
    if (old_list[i].value == new_list[i].value) continue;
    sentences.push_back(fmt::format(
        "{}: '{}' becomes '{}'{}", new_list[i].name, old_list[i].value,
        new_list[i].value,
        IsReloadable(new_list[i].name) ? "" : ", which needs a restart"));
  }
  return sentences;
}

// What the machine made of the settings, where it says something new.
void AddNewLines(const Sizing& before, const Sizing& after,
                 std::vector<std::string>& sentences) {
  for (const std::string& line : after.lines) {
    if (std::find(before.lines.begin(), before.lines.end(), line) ==
        before.lines.end()) {
      sentences.push_back(line);
    }
  }
}

}  // namespace

absl::Status ApplyOwnFile(Store& store, const ConfigFile& config,
                          ReloadState& reload) {
  const absl::StatusOr<std::string> applied =
      store.definitions().ApplyOwnFile(config.path, config.text);
  if (applied.ok()) {
    spdlog::info("{}", *applied);
    return absl::OkStatus();
  }
  if (store.catalog().state()->definitions.text.empty()) {
    return applied.status();
  }
  spdlog::error(
      "the definitions of '{}' are refused, those applied before serve on: {}",
      config.path, std::string(applied.status().message()));
  reload.successful.store(false);
  return absl::OkStatus();
}

bool IsReloadable(const std::string& setting) {
  return std::find(kReloadable.begin(), kReloadable.end(), setting) !=
         kReloadable.end();
}

Settings WithReloadable(const Settings& running, const Settings& file) {
  Settings next = running;
  next.listen.connections_max = file.listen.connections_max;
  next.listen.connections_per_peer_max = file.listen.connections_per_peer_max;
  next.limits = file.limits;
  // gRPC holds a bound made from it since the start.
  next.limits.request_bytes_max = running.limits.request_bytes_max;
  next.load = file.load;
  next.load.loader = running.load.loader;
  next.load.roots = running.load.roots;
  next.load.relative_to = running.load.relative_to;
  next.log.level = file.log.level;
  next.log.slow_request_ms = file.log.slow_request_ms;
  next.drain_delay_ms = file.drain_delay_ms;
  next.drain_deadline_ms = file.drain_deadline_ms;
  return next;
}

absl::StatusOr<std::vector<std::string>> Reloader::Reload() {
  MutexLock lock(mu_);
  auto messages = ReloadLocked();
  parts_.state->successful.store(messages.ok());
  parts_.state->at_micros.store(parts_.clock->NowMicros());
  if (!messages.ok()) {
    spdlog::error("reload refused, everything stays as it was: {}",
                  std::string(messages.status().message()));
    return messages;
  }
  for (const std::string& message : *messages) {
    spdlog::info("reload: {}", message);
  }
  return messages;
}

absl::StatusOr<HeldSettings> Reloader::Fit(const Settings& file) const {
  // All of the file, also what waits for a restart, which it would keep from
  // starting.
  RETURN_IF_ERROR(SizeFor(file, parts_.machine).status());
  const auto held = parts_.live->held();
  HeldSettings next;
  next.asked = WithReloadable(held->asked, file);
  // The block cache has the size that it got at the start.
  Settings to_size = next.asked;
  to_size.storage.block_cache_bytes =
      held->sizing.settings.storage.block_cache_bytes;
  ASSIGN_OR_RETURN(next.sizing, SizeFor(to_size, parts_.machine));
  return next;
}

absl::StatusOr<std::vector<std::string>> Reloader::ReloadLocked() {
  ASSIGN_OR_RETURN(const ConfigFile config,
                   ReadConfigFile(parts_.config_path, parts_.sets));
  // What may be refused comes first: then nothing has changed.
  ASSIGN_OR_RETURN(HeldSettings next, Fit(config.settings));
  ASSIGN_OR_RETURN(
      const std::string definitions,
      parts_.store->definitions().ApplyOwnFile(config.path, config.text));
  const auto held = parts_.live->held();
  std::vector<std::string> messages = Differences(held->asked, config.settings);
  if (messages.empty()) messages.push_back("no setting has changed");
  AddNewLines(held->sizing, next.sizing, messages);
  messages.push_back(definitions);
  const Settings sized = next.sizing.settings;
  parts_.live->Set(std::move(next));
  parts_.apply(sized);
  return messages;
}

}  // namespace freshet
