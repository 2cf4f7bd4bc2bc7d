// SPDX-License-Identifier: Apache-2.0
// How one daemon runs: the `settings:` of its file. Sizes in bytes, times in
// milliseconds unless the name says otherwise. 0 where noted means "derive it
// from the machine" (server/sizing). docs/configuration.md explains each.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace freshet {

struct ListenSettings {
  std::string data = "127.0.0.1:7600";   // OnlineService
  std::string admin = "127.0.0.1:7601";  // AdminService, health, reflection
  std::string http = "127.0.0.1:7602";   // /metrics, /healthz, /readyz
  int64_t connections_max = 1024;
  int64_t connections_per_peer_max = 256;
  bool reflection_on_data = false;

  bool operator==(const ListenSettings&) const = default;
};

struct RequestLimits {
  int64_t keys_max = 4096;
  int64_t features_max = 512;
  int64_t reply_bytes_max = 4 << 20;
  int64_t request_bytes_max = 1 << 20;
  int64_t default_deadline_ms = 1000;  // For a call that carries none.

  bool operator==(const RequestLimits&) const = default;
};

struct StorageSettings {
  std::string directory;                   // Required. Relative: to the file.
  int64_t block_cache_bytes = 0;           // 0: from the machine.
  int64_t disk_reserve_bytes = 256 << 20;  // Never filled.
  int64_t read_threads = 8;                // For keys that need the disk.
  int64_t read_queue_max = 1024;           // Key batches waiting for a thread.
  int64_t orphan_grace_s = 3600;  // Unknown directories are kept so long.
  int64_t erase_after_s = 3600;   // From `forget` until rows leave the disk.

  bool operator==(const StorageSettings&) const = default;
};

// How object stores of the S3 kind are reached. Credentials are none of this:
// they come from the environment, the files of AWS, or the instance.
struct S3Settings {
  std::string endpoint;    // https://host:port; "": Amazon's own.
  std::string region;      // "": from the environment, else us-east-1.
  std::string ca_file;     // PEM; "": the system's authorities.
  bool anonymous = false;  // Public buckets: requests are not signed.
  int64_t connect_timeout_ms = 5000;
  int64_t request_timeout_ms = 30000;  // Without a byte.

  bool operator==(const S3Settings&) const = default;
};

struct LoadSettings {
  std::string loader;              // Path of freshet-load; "": beside us.
  std::vector<std::string> roots;  // Snapshots must lie under one. Empty:
                                   // the directory of the file.
  std::string relative_to;         // Where relative paths of snapshots start:
                                   // the file's directory, not a setting.
  int64_t sort_buffer_bytes = 512 << 20;
  int64_t memory_max_bytes = 0;  // RLIMIT_AS of the loader. 0: derived.
  int64_t cpu_max_s = 0;         // 0: no limit.
  int64_t idle_timeout_s = 300;  // No progress for so long: killed.
  int64_t concurrent_max = 1;    // Loads at a time; others wait.
  int64_t row_bytes_max = 1 << 20;
  int64_t columns_max = 4096;
  int64_t file_bytes_max = 0;     // 0: no limit.
  int64_t downloads_max = 4;      // Objects at a time, of one load.
  int64_t download_rate_max = 0;  // Bytes a second, of one load. 0: no limit.
  S3Settings s3;                  // `settings.s3` of the file.

  bool operator==(const LoadSettings&) const = default;
};

// The events of streams as files, for those who read them elsewhere.
struct EventExportSettings {
  std::string directory;  // "": there are none. Relative: to the file.
  int64_t every_s = 900;
  int64_t keep_s = 0;                        // 0: for ever.
  int64_t log_bytes_max = int64_t{4} << 30;  // What waits for it.

  bool operator==(const EventExportSettings&) const = default;
};

struct LogSettings {
  std::string level = "info";   // trace debug info warn error
  std::string format = "text";  // text | json
  int64_t slow_request_ms = 100;

  bool operator==(const LogSettings&) const = default;
};

struct ClockSettings {
  // RFC 3339; "" is the machine's clock. A daemon on a simulated clock says so
  // in its log and status, and only then accepts SetClock.
  std::string simulated_start;

  bool operator==(const ClockSettings&) const = default;
};

struct Settings {
  ListenSettings listen;
  RequestLimits limits;
  StorageSettings storage;
  LoadSettings load;
  EventExportSettings event_export;
  LogSettings log;
  ClockSettings clock;
  int64_t drain_delay_ms = 0;  // Between NOT_SERVING and refusing calls.
  int64_t drain_deadline_ms = 20000;

  bool operator==(const Settings&) const = default;
};

}  // namespace freshet
