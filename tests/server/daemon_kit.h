// SPDX-License-Identifier: Apache-2.0
// A daemon in the test's process, on free ports and a directory of its own,
// with versions built by VersionWriter directly.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "config/value.h"
#include "freshet/v1/admin.grpc.pb.h"
#include "freshet/v1/online.grpc.pb.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "server/daemon.h"
#include "tests/fakes/temp_dir.h"

namespace freshet {

inline constexpr int64_t kSecond = 1'000'000;
// 2023-11-14T22:13:20Z, where the daemon's clock is put.
inline constexpr int64_t kNow = 1'700'000'000 * kSecond;

// `user` (key user_id: string; ttl 1 h; amount: int64 default 7, name:
// string, score: double), `item` (key item_id: int64; price: double), `pair`
// (keys user_id and item_id; clicks: int64); services `model` of all and
// `items` of item.
extern const char kDefinitions[];

// One row: key values, event time, features in the order of the definition.
struct KitRow {
  std::vector<Value> key;
  int64_t event_time_micros = kNow;
  std::vector<Value> values;
};

class DaemonKit {
 public:
  // `settings`: lines such as `  limits: {keys_max: 3}`. `sets`: as --set.
  explicit DaemonKit(const std::string& settings = "",
                     const std::vector<std::string>& sets = {});

  // What Daemon::Start says of another daemon with this file.
  absl::Status StartAnother(const std::vector<std::string>& sets);

  // Builds, commits, activates, publishes. Returns the version.
  int64_t Load(const std::string& view, const std::vector<KitRow>& rows);

  // Code and body of a page.
  std::pair<int, std::string> Http(const std::string& path,
                                   const std::string& method = "GET");

  grpc::Status Get(const v1::GetFeaturesRequest& request,
                   v1::GetFeaturesResponse* response);

  void WriteConfig(const std::string& settings,
                   const std::string& definitions = kDefinitions);

  std::string address(int port) const {
    return "127.0.0.1:" + std::to_string(port);
  }
  std::shared_ptr<grpc::Channel> Channel(int port) const;

  TempDir dir;
  std::string config_path;
  std::unique_ptr<Daemon> daemon;
  std::unique_ptr<v1::OnlineService::Stub> online;
  std::unique_ptr<v1::AdminService::Stub> admin;
};

// Enough rows of `item`, at `price`, that the last one's block is not in memory
// after a load; and that key.
inline constexpr int64_t kColdItem = 4999;
std::vector<KitRow> ManyItems(double price);

// A request for a service with keys of one row each, `user_id` and `item_id`.
v1::GetFeaturesRequest Ask(const std::string& service,
                           const std::vector<std::string>& users,
                           const std::vector<int64_t>& items);

void AddStrings(v1::GetFeaturesRequest& request, const std::string& name,
                const std::vector<std::string>& values);
void AddInts(v1::GetFeaturesRequest& request, const std::string& name,
             const std::vector<int64_t>& values, bool shared = false);

}  // namespace freshet
