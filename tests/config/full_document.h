// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

namespace freshet {

inline nlohmann::json FullPushLog() {
  return nlohmann::json::parse(R"({
"brokers": ["b:1"], "security": "sasl_ssl", "ca_file": "ca.pem",
"certificate_file": "cert.pem", "key": {"env": "K", "file": "k.pem"},
"key_password": {"env": "P", "file": "p"}, "mechanism": "plain",
"user": "u", "password": {"env": "W", "file": "w"},
"isolation": "read_uncommitted", "queue_max": "38MiB",
"metadata_interval": "39s", "properties": {"a": "b"}, "topic": "t",
"key_field": "k", "delivery_timeout": "40s"
})");
}

inline nlohmann::json FullBatchSource() {
  return nlohmann::json::parse(R"({
"path": "h", "format": "parquet", "require_success": true, "manifest": "_m",
"zone": "UTC", "at": "end_of_day", "columns": {"k": "c"},
"column_case": "lower", "partitions": "hive", "settle": "40s",
"since": "2025-01-01T00:00:00Z", "covers": "41s",
"watch": {"every": "42s", "complete": "quiet", "quiet_for": "43s",
  "each": "directory"}
})");
}

// A file with every field of the table in it, none with its default. Only one
// element in each list, so that tests can walk it beside the table.
inline nlohmann::json FullDocument() {
  nlohmann::json document = nlohmann::json::parse(R"({
"project": "p", "settings": {
  "listen": {"data": "127.0.0.1:1", "admin": "[::1]:2", "http": "localhost:3",
    "connections_max": 7, "connections_per_peer_max": 8,
    "reflection_on_data": true},
  "limits": {"keys_max": 9, "features_max": 10, "reply_max": "11KiB",
    "request_max": "12KiB", "default_deadline": "13ms"},
  "storage": {"directory": "d", "block_cache": "14MiB",
    "disk_reserve": "15MiB", "read_threads": 16, "read_queue_max": 17,
    "orphan_grace": "18s", "erase_after": "35s"},
  "load": {"loader": "/bin/loader", "roots": ["r"], "sort_buffer": "19MiB",
    "memory_max": "20MiB", "cpu_max": "21s", "idle_timeout": "22s",
    "concurrent_max": 23, "row_max": "24KiB", "columns_max": 25,
    "file_max": "26MiB", "downloads_max": 30, "download_rate_max": "31KiB"},
  "s3": {"endpoint": "https://store:32", "region": "re-1", "ca_file": "ca.pem",
    "anonymous": true, "connect_timeout": "33ms", "request_timeout": "34ms"},
  "event_export": {"directory": "ev", "every": "41s", "keep": "42s", "log_max": "443MiB"},
  "log": {"level": "error", "format": "json", "slow_request": "27ms"},
  "clock": {"simulated_start": "2013-12-31T23:59:59Z"}, "drain_delay": "28ms", "drain_deadline": "29ms"},
"entities": [{"name": "e", "owner": "o", "description": "d",
  "tags": {"a": "b"}, "join_keys": [{"name": "k", "type": "string"}]}],
"batch_feature_views": [{"name": "v", "entities": ["e"], "owner": "o",
  "description": "d", "tags": {"a": "b"}, "pii": true, "critical": true,
  "source": {"path": "s", "format": "csv", "require_success": true,
    "manifest": "_m", "mode": "upsert", "deleted_field": "g",
    "timestamp_field": "t", "zone": "UTC", "at": "start_of_day",
    "duplicates": "latest", "columns": {"f": "c"},
    "column_case": "upper", "partitions": "hive",
    "watch": {"every": "34s", "complete": "quiet", "quiet_for": "35s",
      "each": "directory"}},
  "live": {"source": "c", "filter": "x", "columns": {"f": "y"},
    "deleted": "z", "partial": true, "expected_freshness": "4s"},
  "ttl": "30s", "freshness": "31s",
  "guards": {"rows_ratio_min": 0.25, "rows_ratio_max": 1.25,
    "bytes_ratio_min": 0.375, "values_ratio_min": 0.125, "age_max": "36s",
    "allow_empty": true},
  "retention": {"versions": 32, "max_age": "33s"}, "snapshot_group": "g",
  "features": [{"name": "f", "type": "string", "default": "x", "was": "w",
    "description": "d", "tags": {"a": "b"}, "pii": true,
    "guard": {"min": -1.5, "max": 2.5, "nulls_max": 0.5}}]}],
"stream_sources": [{"name": "c", "owner": "o", "description": "d",
  "tags": {"a": "b"},
  "fields": [{"name": "k", "type": "bytes", "encoding": "base64", "from": "key"}],
  "timestamp_field": "t", "id_field": "i", "deduplicate_for": "1h",
  "max_future_skew": "37s", "single_node": true,
  "kafka": {"brokers": ["b:1"], "security": "sasl_ssl", "ca_file": "ca.pem",
    "certificate_file": "cert.pem", "key": {"env": "K", "file": "k.pem"},
    "key_password": {"env": "P", "file": "p"}, "mechanism": "plain",
    "user": "u", "password": {"env": "W", "file": "w"},
    "isolation": "read_uncommitted", "queue_max": "38MiB",
    "metadata_interval": "39s", "properties": {"a": "b"}, "topics": ["t"],
    "start": "latest", "format": "avro", "envelope": "debezium",
    "schema": "{}", "message": "m", "schema_registry": {"url": "http://r", "ca_file": "ca.pem",
      "user": "u", "password": {"env": "W", "file": "w"},
      "timeout": "20s"}}}],
"stream_feature_views": [{"name": "w", "entities": ["e"], "owner": "o",
  "description": "d", "tags": {"a": "b"}, "pii": true, "critical": true,
  "source": "c", "filter": "x > 1", "columns": {"y": "x * 2"},
  "aggregations": [{"column": "y", "functions": ["sum"], "windows": ["1h"],
    "series": {"window": "1h", "count": 24}, "by": "x", "max_groups": 7,
    "window_mode": "exact", "force_exact": true}], "duplicates": "counted",
  "grace": "1h", "since": "2026-01-01T00:00:00Z", "on_incomplete": "value",
  "expected_freshness": "5s"}],
"feature_services": [{"name": "s", "owner": "o", "description": "d",
  "tags": {"a": "b"}, "features": ["v.f"]}]})");
  document["stream_sources"][0]["push_log"] = FullPushLog();
  document["stream_feature_views"][0]["batch_source"] = FullBatchSource();
  return document;
}

}  // namespace freshet
