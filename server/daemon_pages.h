// SPDX-License-Identifier: Apache-2.0
// What the daemon says of itself, over the admin API and HTTP.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "server/http/http_port.h"
#include "server/live_settings.h"

namespace freshet {

class SourceWatcher;
class Store;

namespace v1 {
class DaemonStatus;
}  // namespace v1

struct DaemonFacts {
  Store* store = nullptr;
  int64_t now_micros = 0;
  int64_t started_micros = 0;
  bool simulated_clock = false;
  bool draining = false;
  std::string data_address;
  std::string admin_address;
  std::string http_address;
  std::shared_ptr<const HeldSettings> settings;
};

// 200 when every critical view has a version, else 503 and why not.
HttpReply ReadyPage(const DaemonFacts& facts);

HttpReply IndexPage(const DaemonFacts& facts, const SourceWatcher& watcher);

void DescribeDaemon(const DaemonFacts& facts, v1::DaemonStatus& status);

// What a notification of a bucket is answered: 200 and how many sources are
// looked at for it, or 400.
HttpReply ObjectEventsPage(SourceWatcher& watcher, std::string_view body);

}  // namespace freshet
