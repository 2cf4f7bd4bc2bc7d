// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "tests/crash/commands.h"

namespace freshet {
namespace {

constexpr int64_t kBatch = 4096;
constexpr int kThreads = 2;
constexpr std::chrono::seconds kDeadline(60);

class Scan {
 public:
  explicit Scan(const CheckedTable& table) : table_(table) {}

  void Run() {
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) threads.emplace_back([this] { Work(); });
    for (std::thread& thread : threads) thread.join();
    CheckKeyBeyond();
  }

  const std::string& wrong() const { return wrong_; }
  const std::map<int64_t, int64_t>& values() const { return values_.values(); }

 private:
  void Work() {
    FeatureReader reader(table_, kDeadline);
    for (int64_t first; (first = next_.fetch_add(kBatch)) < table_.rows;) {
      std::vector<int64_t> keys;
      for (int64_t key = first; key < std::min(first + kBatch, table_.rows);
           ++key) {
        keys.push_back(key);
      }
      CheckedReply reply;
      const grpc::Status status = reader.Read(keys, &reply);
      std::lock_guard<std::mutex> lock(mu_);
      if (!status.ok()) {
        Wrong(fmt::format("keys from {}: {}", first, status.error_message()));
      } else if (const std::string bad = values_.Add(reply); !bad.empty()) {
        Wrong(bad);
      }
      if (!wrong_.empty()) return;
    }
  }

  // That a checker is strict enough to see a key that is not there.
  void CheckKeyBeyond() {
    CheckedReply reply;
    const grpc::Status status =
        FeatureReader(table_, kDeadline).Read({table_.rows}, &reply);
    if (status.error_code() != grpc::StatusCode::DATA_LOSS) {
      Wrong(fmt::format("key {} is there", table_.rows));
    }
  }

  void Wrong(std::string what) {
    if (wrong_.empty()) wrong_ = std::move(what);
  }

  const CheckedTable& table_;
  std::atomic<int64_t> next_{0};
  std::mutex mu_;
  VersionValues values_;
  std::string wrong_;
};

}  // namespace

int RunScan(const CheckedTable& table) {
  Scan scan(table);
  scan.Run();
  std::string wrong = scan.wrong();
  if (wrong.empty() && scan.values().size() != 1) {
    wrong = fmt::format("{} versions in one scan", scan.values().size());
  }
  if (!wrong.empty()) {
    fmt::print(stderr, "{}\n", wrong);
    return 1;
  }
  const auto& [version, value] = *scan.values().begin();
  fmt::print("{{\"version\": {}, \"value\": {}, \"rows\": {}}}\n", version,
             value, table.rows);
  return 0;
}

}  // namespace freshet
