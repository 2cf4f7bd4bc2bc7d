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

constexpr std::array<std::string_view, 19> kReloadable = {
    "listen.connections_max",
    "listen.connections_per_peer_max",
    "limits.keys_max",
    "limits.features_max",
    "limits.reply_max",
    "limits.request_max",
    "limits.default_deadline",
    "load.sort_buffer",
    "load.memory_max",
    "load.cpu_max",
    "load.idle_timeout",
    "load.concurrent_max",
    "load.row_max",
    "load.columns_max",
    "load.file_max",
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

}  // namespace

bool IsReloadable(const std::string& setting) {
  return std::find(kReloadable.begin(), kReloadable.end(), setting) !=
         kReloadable.end();
}

Reloader::Reloader(Parts parts, Settings settings)
    : parts_(std::move(parts)), settings_(std::move(settings)) {}

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

absl::StatusOr<std::vector<std::string>> Reloader::ReloadLocked() {
  ASSIGN_OR_RETURN(const ConfigFile config,
                   ReadConfigFile(parts_.config_path, parts_.sets));
  // Definitions first: they may be refused, and then nothing has changed.
  ASSIGN_OR_RETURN(
      const std::string definitions,
      parts_.store->definitions().ApplyOwnFile(config.path, config.text));
  std::vector<std::string> messages = Differences(settings_, config.settings);
  if (messages.empty()) messages.push_back("no setting has changed");
  messages.push_back(definitions);
  settings_ = config.settings;
  parts_.apply(config.settings);
  return messages;
}

}  // namespace freshet
