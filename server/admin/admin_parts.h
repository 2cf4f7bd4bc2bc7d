// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace grpc {
class Service;
}  // namespace grpc

namespace freshet {

namespace v1 {
class DaemonStatus;
}  // namespace v1

class Clock;
class EventExporter;
class Health;
class LiveEraser;
class LiveState;
class LoadStats;
class Replays;
class SimulatedClock;
class SourceWatcher;
class Store;

// What the admin service needs of the daemon. All outlive the service.
struct AdminParts {
  Store* store;
  SourceWatcher* watcher;
  const Clock* clock;
  SimulatedClock* simulated_clock;  // Null on the machine's clock.
  LiveState* live;                  // What waits for a time.
  LiveEraser* live_eraser;
  Replays* replays;
  EventExporter* event_exporter;
  const Health* health;   // Its draining ends watches.
  LoadStats* load_stats;  // Counts loads that are refused.
  // Reads the file again; says what happened, a sentence each.
  std::function<absl::StatusOr<std::vector<std::string>>()> reload;
  // Fills what the daemon knows of itself: addresses, settings, readiness.
  std::function<void(v1::DaemonStatus&)> describe_daemon;
};

// What operators and batch jobs call. Synchronous: every call has a thread of
// the server's own.
std::unique_ptr<grpc::Service> MakeAdminService(AdminParts parts);

}  // namespace freshet
