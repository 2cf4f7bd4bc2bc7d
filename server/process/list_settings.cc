// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "config/units.h"
#include "server/process/sizing.h"

namespace freshet {
namespace {

class Lister {
 public:
  void Text(std::string name, std::string value) {
    list_.push_back({std::move(name), std::move(value)});
  }
  void Count(std::string name, int64_t value) {
    Text(std::move(name), std::to_string(value));
  }
  void Bytes(std::string name, int64_t value) {
    Text(std::move(name), FormatSize(value));
  }
  void Millis(std::string name, int64_t value) {
    Text(std::move(name), FormatDuration(value * 1000));
  }
  void Seconds(std::string name, int64_t value) {
    Millis(std::move(name), value * 1000);
  }
  std::vector<NamedSetting> Take() { return std::move(list_); }

 private:
  std::vector<NamedSetting> list_;
};

void ListLoad(const LoadSettings& load, Lister& list) {
  list.Text("load.loader", load.loader);
  list.Text("load.roots", fmt::format("{}", fmt::join(load.roots, ", ")));
  list.Bytes("load.sort_buffer", load.sort_buffer_bytes);
  list.Bytes("load.memory_max", load.memory_max_bytes);
  list.Seconds("load.cpu_max", load.cpu_max_s);
  list.Seconds("load.idle_timeout", load.idle_timeout_s);
  list.Count("load.concurrent_max", load.concurrent_max);
  list.Bytes("load.row_max", load.row_bytes_max);
  list.Count("load.columns_max", load.columns_max);
  list.Bytes("load.file_max", load.file_bytes_max);
  list.Count("load.downloads_max", load.downloads_max);
  list.Bytes("load.download_rate_max", load.download_rate_max);
  list.Text("s3.endpoint", load.s3.endpoint);
  list.Text("s3.region", load.s3.region);
  list.Text("s3.ca_file", load.s3.ca_file);
  list.Text("s3.anonymous", load.s3.anonymous ? "true" : "false");
  list.Millis("s3.connect_timeout", load.s3.connect_timeout_ms);
  list.Millis("s3.request_timeout", load.s3.request_timeout_ms);
}

}  // namespace

std::vector<NamedSetting> ListSettings(const Settings& settings) {
  Lister list;
  const ListenSettings& listen = settings.listen;
  list.Text("listen.data", listen.data);
  list.Text("listen.admin", listen.admin);
  list.Text("listen.http", listen.http);
  list.Count("listen.connections_max", listen.connections_max);
  list.Count("listen.connections_per_peer_max",
             listen.connections_per_peer_max);
  list.Text("listen.reflection_on_data",
            listen.reflection_on_data ? "true" : "false");
  const RequestLimits& limits = settings.limits;
  list.Count("limits.keys_max", limits.keys_max);
  list.Count("limits.features_max", limits.features_max);
  list.Bytes("limits.reply_max", limits.reply_bytes_max);
  list.Bytes("limits.request_max", limits.request_bytes_max);
  list.Millis("limits.default_deadline", limits.default_deadline_ms);
  const StorageSettings& storage = settings.storage;
  list.Text("storage.directory", storage.directory);
  list.Bytes("storage.block_cache", storage.block_cache_bytes);
  list.Bytes("storage.disk_reserve", storage.disk_reserve_bytes);
  list.Count("storage.read_threads", storage.read_threads);
  list.Count("storage.read_queue_max", storage.read_queue_max);
  list.Seconds("storage.orphan_grace", storage.orphan_grace_s);
  list.Seconds("storage.erase_after", storage.erase_after_s);
  ListLoad(settings.load, list);
  const EventExportSettings& events = settings.event_export;
  list.Text("event_export.directory", events.directory);
  list.Seconds("event_export.every", events.every_s);
  list.Seconds("event_export.keep", events.keep_s);
  list.Bytes("event_export.log_max", events.log_bytes_max);
  list.Text("log.level", settings.log.level);
  list.Text("log.format", settings.log.format);
  list.Millis("log.slow_request", settings.log.slow_request_ms);
  list.Text("clock.simulated_start", settings.clock.simulated_start);
  list.Millis("drain_delay", settings.drain_delay_ms);
  list.Millis("drain_deadline", settings.drain_deadline_ms);
  return list.Take();
}

}  // namespace freshet
