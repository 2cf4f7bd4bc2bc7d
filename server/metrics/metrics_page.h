// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace freshet {

class Acceptor;
class Clock;
class Families;
class EventExporter;
class LiveState;
class LoadStats;
class ReadPool;
class RequestStats;
class SourceWatcher;
class Store;

// How the last reading of the file went. Safe to use from any thread.
struct ReloadState {
  std::atomic<bool> successful{true};
  std::atomic<int64_t> at_micros{0};
};

// What a scrape looks at. All outlive the page.
struct MetricsSource {
  Store* store;
  const SourceWatcher* watcher;
  const LiveState* live;
  const EventExporter* event_exporter;
  const Clock* clock;
  bool simulated_clock;
  const RequestStats* requests;
  const ReadPool* reads;
  const LoadStats* loads;
  const ReloadState* reload;
  std::vector<Acceptor*> acceptors;
  std::string storage_directory;
  int64_t disk_reserve_bytes;
  int64_t memory_limit_bytes;
  std::function<bool()> ready;
};

// Everything docs/metrics.md lists, in Prometheus' text form.
std::string MetricsPage(const MetricsSource& source);

// The parts of the page, one per section of docs/metrics.md.
void AddRequestMetrics(const MetricsSource& source, Families& families);
void AddViewMetrics(const MetricsSource& source, Families& families);
void AddLoadMetrics(const MetricsSource& source, Families& families);
void AddStreamMetrics(const MetricsSource& source, Families& families);
void AddExportMetrics(const MetricsSource& source, Families& families);
void AddStorageMetrics(const MetricsSource& source, Families& families);
void AddProcessMetrics(const MetricsSource& source, Families& families);

}  // namespace freshet
