// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>

#include "tests/crash/commands.h"

namespace freshet {
namespace {

constexpr int kKeys = 100;
constexpr std::chrono::milliseconds kDeadline(2000);
// Between two calls of a connection, so that readers leave the machine to what
// they watch.
constexpr std::chrono::milliseconds kPause(10);

class Readers {
 public:
  Readers(const CheckedTable& table, uint64_t seed)
      : table_(table), seed_(seed) {}

  void Run(int threads) {
    std::vector<std::thread> running;
    for (int i = 0; i < threads; ++i) {
      running.emplace_back([this, i] { Work(static_cast<uint64_t>(i)); });
    }
    char byte;
    while (::read(STDIN_FILENO, &byte, 1) > 0) {
    }
    {
      std::lock_guard<std::mutex> lock(mu_);
      stop_ = true;
    }
    stopped_.notify_all();
    for (std::thread& thread : running) thread.join();
  }

  int Report() const {
    std::vector<std::string> values;
    for (const auto& [version, value] : values_.values()) {
      values.push_back(fmt::format("\"{}\": {}", version, value));
    }
    fmt::print(
        "{{\"replies\": {}, \"failed\": {}, \"wrong\": {}, \"values\": "
        "{{{}}}}}\n",
        replies_, failed_, wrong_, fmt::join(values, ", "));
    return wrong_ == 0 ? 0 : 1;
  }

 private:
  void Work(uint64_t thread) {
    std::mt19937_64 random(seed_ + thread);
    std::uniform_int_distribution<int64_t> any(0, table_.rows - 1);
    FeatureReader reader(table_, kDeadline);
    std::vector<int64_t> keys(kKeys);
    while (!StopAfterPause()) {
      for (int64_t& key : keys) key = any(random);
      CheckedReply reply;
      Count(reader.Read(keys, &reply), reply);
    }
  }

  bool StopAfterPause() {
    std::unique_lock<std::mutex> lock(mu_);
    return stopped_.wait_for(lock, kPause, [this] { return stop_; });
  }

  void Count(const grpc::Status& status, const CheckedReply& reply) {
    std::lock_guard<std::mutex> lock(mu_);
    std::string bad;
    if (status.ok()) {
      ++replies_;
      bad = values_.Add(reply);
    } else if (status.error_code() == grpc::StatusCode::DATA_LOSS) {
      bad = status.error_message();
    } else {
      ++failed_;
    }
    if (bad.empty()) return;
    if (wrong_++ == 0) fmt::print(stderr, "{}\n", bad);
  }

  const CheckedTable& table_;
  const uint64_t seed_;
  std::mutex mu_;
  std::condition_variable stopped_;
  bool stop_ = false;
  int64_t replies_ = 0;
  int64_t failed_ = 0;
  int64_t wrong_ = 0;
  VersionValues values_;
};

}  // namespace

int RunRead(const CheckedTable& table, int threads, uint64_t seed) {
  Readers readers(table, seed);
  readers.Run(threads);
  return readers.Report();
}

}  // namespace freshet
