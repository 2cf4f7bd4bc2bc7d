// SPDX-License-Identifier: Apache-2.0
#include "config/file/parse_settings.h"

#include <fmt/format.h>

#include "config/file/object_reader.h"

namespace freshet {
namespace {

constexpr int64_t kMillisecond = 1'000;
constexpr int64_t kSecond = 1'000'000;

void Read(ObjectReader& in, RequestLimits& out) {
  in.Read("keys_max", out.keys_max);
  in.Read("features_max", out.features_max);
  in.Read("reply_max", out.reply_bytes_max);
  in.Read("request_max", out.request_bytes_max);
  in.Read("default_deadline", out.default_deadline_ms, kMillisecond);
}

void Read(ObjectReader& in, StorageSettings& out) {
  in.Read("directory", out.directory);
  in.Read("block_cache", out.block_cache_bytes);
  in.Read("disk_reserve", out.disk_reserve_bytes);
  in.Read("read_threads", out.read_threads);
  in.Read("read_queue_max", out.read_queue_max);
  in.Read("orphan_grace", out.orphan_grace_s, kSecond);
  in.Read("erase_after", out.erase_after_s, kSecond);
}

void Read(ObjectReader& in, S3Settings& out) {
  in.Read("endpoint", out.endpoint);
  in.Read("region", out.region);
  in.Read("ca_file", out.ca_file);
  in.Read("anonymous", out.anonymous);
  in.Read("connect_timeout", out.connect_timeout_ms, kMillisecond);
  in.Read("request_timeout", out.request_timeout_ms, kMillisecond);
}

void Read(ObjectReader& in, LoadSettings& out) {
  in.Read("loader", out.loader);
  in.Read("roots", out.roots);
  in.Read("sort_buffer", out.sort_buffer_bytes);
  in.Read("memory_max", out.memory_max_bytes);
  in.Read("cpu_max", out.cpu_max_s, kSecond);
  in.Read("idle_timeout", out.idle_timeout_s, kSecond);
  in.Read("concurrent_max", out.concurrent_max);
  in.Read("row_max", out.row_bytes_max);
  in.Read("columns_max", out.columns_max);
  in.Read("file_max", out.file_bytes_max);
  in.Read("downloads_max", out.downloads_max);
  in.Read("download_rate_max", out.download_rate_max);
}

void Read(ObjectReader& in, EventExportSettings& out) {
  in.Read("directory", out.directory);
  in.Read("every", out.every_s, kSecond);
  in.Read("keep", out.keep_s, kSecond);
  in.Read("log_max", out.log_bytes_max);
}

void Read(ObjectReader& in, LogSettings& out) {
  in.Read("level", out.level);
  in.Read("format", out.format);
  in.Read("slow_request", out.slow_request_ms, kMillisecond);
}

void Read(ObjectReader& in, ClockSettings& out) {
  in.Read("simulated_start", out.simulated_start);
}

// Two listeners on one address: the second could not start.
void CheckDistinct(ObjectReader& in, const ListenSettings& listen) {
  const std::pair<std::string_view, const std::string&> all[] = {
      {"data", listen.data}, {"admin", listen.admin}, {"http", listen.http}};
  for (size_t i = 1; i < std::size(all); ++i) {
    for (size_t j = 0; j < i; ++j) {
      const auto& [name, address] = all[i];
      if (address != all[j].second || address.ends_with(":0")) continue;
      const YamlNode* node = in.Find(name);
      const YamlNode* other = in.Find(all[j].first);
      in.AddProblem(node != nullptr ? *node : *other, name,
                    fmt::format("is '{}', which '{}' is too; give each a port "
                                "of its own",
                                address, all[j].first));
    }
  }
}

void Read(ObjectReader& in, ListenSettings& out) {
  in.Read("data", out.data);
  in.Read("admin", out.admin);
  in.Read("http", out.http);
  in.Read("connections_max", out.connections_max);
  in.Read("connections_per_peer_max", out.connections_per_peer_max);
  in.Read("reflection_on_data", out.reflection_on_data);
  CheckDistinct(in, out);
}

}  // namespace

Settings ParseSettings(const YamlNode& node, std::vector<Problem>& problems) {
  Settings settings;
  ObjectReader in(SettingsSpec(), node, problems);
  const auto read = [&](std::string_view name, auto& part) {
    const YamlNode* found = in.Find(name);
    if (found == nullptr) return;
    ObjectReader fields(*SettingsSpec().Find(name)->object, *found, problems);
    Read(fields, part);
  };
  read("listen", settings.listen);
  read("limits", settings.limits);
  read("storage", settings.storage);
  read("load", settings.load);
  read("s3", settings.load.s3);
  read("event_export", settings.event_export);
  read("log", settings.log);
  read("clock", settings.clock);
  in.Read("drain_delay", settings.drain_delay_ms, kMillisecond);
  in.Read("drain_deadline", settings.drain_deadline_ms, kMillisecond);
  return settings;
}

}  // namespace freshet
