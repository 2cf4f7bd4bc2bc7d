// SPDX-License-Identifier: Apache-2.0
#include "config/file/fields.h"

namespace freshet {
namespace {

using enum FieldKind;

constexpr int64_t kMillisecond = 1'000;
constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kDay = 86'400 * kSecond;
constexpr int64_t kKiB = int64_t{1} << 10;
constexpr int64_t kMiB = int64_t{1} << 20;
constexpr int64_t kGiB = int64_t{1} << 30;

std::vector<std::string> FromMilliseconds() {
  return {"ms", "s", "m", "h", "d"};
}
std::vector<std::string> FromSeconds() { return {"s", "m", "h", "d"}; }

const ObjectSpec& ListenSpec() {
  static const ObjectSpec spec = {
      .name = "settings.listen",
      .doc =
          "Where the daemon listens. Every port is on loopback unless told "
          "otherwise: Freshet has no authentication yet. Port 0 takes a "
          "free one, which the log names.",
      .fields = {
          {.name = "data",
           .kind = kAddress,
           .doc = "gRPC `OnlineService`, for model servers.",
           .default_text = "127.0.0.1:7600"},
          {.name = "admin",
           .kind = kAddress,
           .doc = "gRPC `AdminService`, health and reflection, for operators.",
           .default_text = "127.0.0.1:7601"},
          {.name = "http",
           .kind = kIpv4Address,
           .doc = "`/metrics`, `/healthz` and `/readyz`. Over IPv4 only.",
           .default_text = "127.0.0.1:7602"},
          {.name = "connections_max",
           .kind = kInteger,
           .doc = "Open connections to the data port, and as many to the "
                  "admin port; more are refused.",
           .default_text = "1024",
           .min = 1,
           .max = 1'000'000},
          {.name = "connections_per_peer_max",
           .kind = kInteger,
           .doc = "Of these, from one address.",
           .default_text = "256",
           .min = 1,
           .max = 1'000'000},
          {.name = "reflection_on_data",
           .kind = kFlag,
           .doc = "Whether the data port answers gRPC reflection too.",
           .default_text = "false"},
      }};
  return spec;
}

const ObjectSpec& LimitsSpec() {
  static const ObjectSpec spec = {
      .name = "settings.limits",
      .doc =
          "What one `GetFeatures` request may ask for. What is over a limit "
          "is refused with RESOURCE_EXHAUSTED before any work is done.",
      .fields = {
          {.name = "keys_max",
           .kind = kInteger,
           .doc = "Rows, that is entities.",
           .default_text = "4096",
           .min = 1,
           .max = 1'000'000},
          {.name = "features_max",
           .kind = kInteger,
           .doc = "Features, after whole views are written out.",
           .default_text = "512",
           .min = 1,
           .max = 65'536},
          {.name = "reply_max",
           .kind = kSize,
           .doc = "Bytes of the reply. gRPC clients take 4 MiB unless told "
                  "otherwise.",
           .default_text = "4MiB",
           .min = kKiB,
           .max = 2 * kGiB - 1},
          {.name = "request_max",
           .kind = kSize,
           .doc = "Bytes of the request.",
           .default_text = "1MiB",
           .min = kKiB,
           .max = 2 * kGiB - 1},
          {.name = "default_deadline",
           .kind = kDuration,
           .doc = "The deadline of a call that carries none.",
           .default_text = "1s",
           .min = kMillisecond,
           .max = kDay,
           .choices = FromMilliseconds()},
      }};
  return spec;
}

const ObjectSpec& StorageSpec() {
  static const ObjectSpec spec = {
      .name = "settings.storage",
      .doc = "Where versions are kept, and what reading them may take.",
      .fields = {
          {.name = "directory",
           .kind = kText,
           .doc = "Holds all of the daemon's state; one daemon at a time. A "
                  "relative path starts at the file's directory.",
           .required = true},
          {.name = "block_cache",
           .kind = kSize,
           .doc = "Memory for what is read of all versions: half for rows that "
                  "were asked for lately, half for RocksDB's blocks. 0: a "
                  "share of the machine's or the container's memory, printed "
                  "at start.",
           .default_text = "0"},
          {.name = "disk_reserve",
           .kind = kSize,
           .doc = "Free disk space that loads never take: RocksDB must not "
                  "meet a full disk.",
           .default_text = "256MiB"},
          {.name = "read_threads",
           .kind = kInteger,
           .doc = "Threads for keys that need the disk.",
           .default_text = "8",
           .min = 1,
           .max = 1'024},
          {.name = "read_queue_max",
           .kind = kInteger,
           .doc = "Batches of keys that may wait for such a thread; more are "
                  "refused with RESOURCE_EXHAUSTED.",
           .default_text = "1024",
           .min = 1,
           .max = 1'000'000},
          {.name = "orphan_grace",
           .kind = kDuration,
           .doc = "How long directories that the catalog does not know are "
                  "kept aside before they are removed.",
           .default_text = "1h",
           .max = 365 * kDay,
           .choices = FromSeconds()},
          {.name = "erase_after",
           .kind = kDuration,
           .doc = "How long after `freshet forget` versions are written anew "
                  "without the rows, so that many requests cost one writing. "
                  "`0s`: at once.",
           .default_text = "1h",
           .max = 30 * kDay,
           .choices = FromSeconds()},
      }};
  return spec;
}

std::vector<FieldSpec> LoaderFields() {
  return {
      {.name = "loader",
       .kind = kText,
       .doc = "Path of the program `freshet-load`. Without it: beside "
              "`freshetd`."},
      {.name = "roots",
       .kind = kTexts,
       .doc = "Snapshots must lie under one of these directories or places in "
              "an object store (`s3://bucket/prefix`). A relative "
              "path starts at the file's directory; without `roots`, that "
              "directory is the only root."},
      {.name = "sort_buffer",
       .kind = kSize,
       .doc = "Memory that one load sorts in; beyond it rows are sorted in "
              "runs on disk.",
       .default_text = "512MiB",
       .min = kMiB},
      {.name = "memory_max",
       .kind = kSize,
       .doc = "Address space of a loader process. 0: derived from "
              "`sort_buffer`; else at least 160 MiB.",
       .default_text = "0"},
      {.name = "cpu_max",
       .kind = kDuration,
       .doc = "Processor time of one load. 0: no limit.",
       .default_text = "0",
       .max = 365 * kDay,
       .choices = FromSeconds()},
      {.name = "idle_timeout",
       .kind = kDuration,
       .doc = "A loader that makes no progress for so long is killed.",
       .default_text = "5m",
       .min = kSecond,
       .max = 365 * kDay,
       .choices = FromSeconds()},
      {.name = "concurrent_max",
       .kind = kInteger,
       .doc = "Loads at a time; others wait. One view never loads twice at a "
              "time.",
       .default_text = "1",
       .min = 1,
       .max = 64},
  };
}

const ObjectSpec& S3Spec() {
  static const ObjectSpec spec = {
      .name = "settings.s3",
      .doc =
          "How object stores of the S3 kind are reached. Credentials are "
          "none of it: they come from the environment (`AWS_ACCESS_KEY_ID` "
          "and so on), the files of AWS (`~/.aws`), or the instance.",
      .fields = {
          {.name = "endpoint",
           .kind = kText,
           .doc = "`https://host:port` of a store that is not Amazon's; "
                  "`http://` where it has no TLS."},
          {.name = "region",
           .kind = kText,
           .doc = "Without it: `AWS_REGION`, else `us-east-1`."},
          {.name = "ca_file",
           .kind = kText,
           .doc = "PEM file of the authorities that the store's certificate is "
                  "checked by. Without it: the system's."},
          {.name = "anonymous",
           .kind = kFlag,
           .doc = "Whether requests go unsigned, as public buckets allow.",
           .default_text = "false"},
          {.name = "connect_timeout",
           .kind = kDuration,
           .doc = "For one attempt to connect.",
           .default_text = "5s",
           .min = kMillisecond,
           .max = kDay,
           .choices = FromMilliseconds()},
          {.name = "request_timeout",
           .kind = kDuration,
           .doc = "An answer that brings nothing for so long is asked for "
                  "again.",
           .default_text = "30s",
           .min = kMillisecond,
           .max = kDay,
           .choices = FromMilliseconds()},
      }};
  return spec;
}

const ObjectSpec& LoadSpec() {
  static const ObjectSpec spec = [] {
    ObjectSpec load = {
        .name = "settings.load",
        .doc = "How snapshots are loaded, and what a snapshot may hold.",
        .fields = LoaderFields()};
    load.fields.insert(
        load.fields.end(),
        {
            {.name = "row_max",
             .kind = kSize,
             .doc = "Bytes of one row, encoded; a longer one fails the load.",
             .default_text = "1MiB",
             .min = kKiB,
             .max = kGiB},
            {.name = "columns_max",
             .kind = kInteger,
             .doc = "Columns of a file, used or not.",
             .default_text = "4096",
             .min = 1,
             .max = 1'000'000},
            {.name = "file_max",
             .kind = kSize,
             .doc = "Bytes of one file. 0: no limit.",
             .default_text = "0"},
            {.name = "downloads_max",
             .kind = kInteger,
             .doc = "Objects that one load fetches at a time. Each takes disk "
                    "until it is read.",
             .default_text = "4",
             .min = 1,
             .max = 64},
            {.name = "download_rate_max",
             .kind = kSize,
             .doc = "Bytes a second that one load fetches. 0: no limit.",
             .default_text = "0"},
        });
    return load;
  }();
  return spec;
}

const ObjectSpec& LogSpec() {
  static const ObjectSpec spec = {
      .name = "settings.log",
      .doc =
          "What is written to standard error: one line for each change of "
          "state, none for a request unless it is slow.",
      .fields = {
          {.name = "level",
           .kind = kChoice,
           .doc = "The least severe lines that are written.",
           .default_text = "info",
           .choices = {"trace", "debug", "info", "warn", "error"}},
          {.name = "format",
           .kind = kChoice,
           .doc = "For people or for a log collector.",
           .default_text = "text",
           .choices = {"text", "json"}},
          {.name = "slow_request",
           .kind = kDuration,
           .doc = "Requests that take longer are logged, a sample of them.",
           .default_text = "100ms",
           .min = kMillisecond,
           .max = kDay,
           .choices = FromMilliseconds()},
      }};
  return spec;
}

const ObjectSpec& ClockSpec() {
  static const ObjectSpec spec = {
      .name = "settings.clock",
      .doc = "For examples and tests over data of another time.",
      .fields = {
          {.name = "simulated_start",
           .kind = kTimestamp,
           .doc = "The time of day at which the daemon's clock starts; it runs "
                  "on from there. Such a daemon says so in its log and status, "
                  "and only it accepts `SetClock`. Without it: the machine's "
                  "clock."},
      }};
  return spec;
}

}  // namespace

const ObjectSpec& SettingsSpec() {
  static const ObjectSpec spec = {
      .name = "settings",
      .doc = "How one daemon runs.",
      .fields = {
          {.name = "listen",
           .kind = kObject,
           .doc = "Where the daemon listens.",
           .object = &ListenSpec()},
          {.name = "limits",
           .kind = kObject,
           .doc = "What one request may ask for.",
           .object = &LimitsSpec()},
          {.name = "storage",
           .kind = kObject,
           .doc = "Where versions are kept.",
           .required = true,
           .object = &StorageSpec()},
          {.name = "load",
           .kind = kObject,
           .doc = "How snapshots are loaded.",
           .object = &LoadSpec()},
          {.name = "s3",
           .kind = kObject,
           .doc = "How object stores are reached.",
           .object = &S3Spec()},
          {.name = "event_export",
           .kind = kObject,
           .doc = "Events of streams as Parquet files.",
           .object = &EventExportSpec()},
          {.name = "log",
           .kind = kObject,
           .doc = "What is logged, and how.",
           .object = &LogSpec()},
          {.name = "clock",
           .kind = kObject,
           .doc = "A clock of one's own.",
           .object = &ClockSpec()},
          {.name = "drain_delay",
           .kind = kDuration,
           .doc = "After SIGTERM: the time between reporting NOT_SERVING and "
                  "refusing calls, for load balancers to notice.",
           .default_text = "0",
           .max = kDay,
           .choices = FromMilliseconds()},
          {.name = "drain_deadline",
           .kind = kDuration,
           .doc = "After that: how long calls under way may take to finish.",
           .default_text = "20s",
           .max = kDay,
           .choices = FromMilliseconds()},
      }};
  return spec;
}

}  // namespace freshet
