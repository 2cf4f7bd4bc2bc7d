// SPDX-License-Identifier: Apache-2.0
// What feature stores often use: Redis with one hash per entity (`hash`), or
// with one packed value per entity (`packed`). `fill` writes the rows, `read`
// asks for them in a closed loop over several connections and prints JSON.
#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "bench/client/latencies.h"
#include "bench/client/requests.h"

namespace {

using SteadyClock = std::chrono::steady_clock;

struct Options {
  int port = 0;  // On 127.0.0.1.
  std::string form;
  int64_t rows = 1'000'000;
  int features = 20;  // Doubles.
  int64_t keys_per_request = 100;
  double zipf = 0;
  double seconds = 5;
  int connections = 8;
  uint64_t seed = 1;
  bool is_packed() const { return form == "packed"; }
};

struct Free {
  void operator()(redisContext* context) const { redisFree(context); }
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, Free>;

[[noreturn]] void Die(const std::string& why) {
  fmt::print(stderr, "{}\n", why);
  std::exit(1);
}

class Connection {
 public:
  explicit Connection(const Options& options)
      : context_(redisConnect("127.0.0.1", options.port)) {
    if (context_ == nullptr || context_->err != 0) {
      Die(fmt::format("cannot connect to port {}", options.port));
    }
  }

  void Send(const std::vector<std::string>& words) {
    std::vector<const char*> starts;
    std::vector<size_t> sizes;
    for (const std::string& word : words) {
      starts.push_back(word.data());
      sizes.push_back(word.size());
    }
    redisAppendCommandArgv(context_.get(), static_cast<int>(words.size()),
                           starts.data(), sizes.data());
  }

  Reply Receive() {
    void* reply = nullptr;
    if (redisGetReply(context_.get(), &reply) != REDIS_OK) {
      Die(fmt::format("redis: {}", context_->errstr));
    }
    Reply owned(static_cast<redisReply*>(reply));
    if (owned->type == REDIS_REPLY_ERROR) {
      Die(fmt::format("redis: {}", owned->str));
    }
    return owned;
  }

 private:
  std::unique_ptr<redisContext, Free> context_;
};

std::string KeyOf(int64_t number) { return fmt::format("e:{}", number); }

// Eight bytes of the value of one feature.
std::string ValueOf(int64_t key, int feature) {
  const double value = static_cast<double>(key) + feature + 1;
  std::string bytes(sizeof(value), '\0');
  std::memcpy(bytes.data(), &value, sizeof(value));
  return bytes;
}

void Fill(const Options& options) {
  Connection connection(options);
  constexpr int64_t kPipelined = 1000;
  for (int64_t key = 0; key < options.rows; ++key) {
    std::vector<std::string> words = {options.is_packed() ? "SET" : "HSET",
                                      KeyOf(key)};
    if (options.is_packed()) words.emplace_back();
    for (int feature = 0; feature < options.features; ++feature) {
      if (options.is_packed()) {
        words.back() += ValueOf(key, feature);
      } else {
        words.push_back(fmt::format("f{}", feature));
        words.push_back(ValueOf(key, feature));
      }
    }
    connection.Send(words);
    if ((key + 1) % kPipelined == 0 || key + 1 == options.rows) {
      for (int64_t i = key % kPipelined; i >= 0; --i) connection.Receive();
    }
  }
}

struct Totals {
  freshet::Latencies latencies;
  int64_t requests = 0;
  int64_t missing = 0;
};

class Client {
 public:
  Client(const Options& options, freshet::KeySource keys, uint64_t seed)
      : options_(options),
        keys_(std::move(keys)),
        random_(seed),
        connection_(options) {}

  Totals Run(SteadyClock::time_point start) {
    Totals totals;
    for (;;) {
      const auto now = SteadyClock::now();
      if (now - start > std::chrono::duration<double>(options_.seconds)) break;
      totals.missing += options_.is_packed() ? ReadPacked() : ReadHashes();
      ++totals.requests;
      totals.latencies.Add(
          {Micros(now - start), Micros(SteadyClock::now() - now)});
    }
    return totals;
  }

 private:
  static int64_t Micros(SteadyClock::duration duration) {
    return std::chrono::duration_cast<std::chrono::microseconds>(duration)
        .count();
  }

  static int64_t CountMissing(const redisReply& reply) {
    int64_t missing = 0;
    for (size_t i = 0; i < reply.elements; ++i) {
      if (reply.element[i]->type != REDIS_REPLY_STRING) ++missing;
    }
    return missing;
  }

  int64_t ReadPacked() {
    std::vector<std::string> words = {"MGET"};
    for (int64_t i = 0; i < options_.keys_per_request; ++i) {
      words.push_back(KeyOf(keys_.Draw(random_)));
    }
    connection_.Send(words);
    return CountMissing(*connection_.Receive());
  }

  int64_t ReadHashes() {
    std::vector<std::string> words = {"HMGET", ""};
    for (int feature = 0; feature < options_.features; ++feature) {
      words.push_back(fmt::format("f{}", feature));
    }
    for (int64_t i = 0; i < options_.keys_per_request; ++i) {
      words[1] = KeyOf(keys_.Draw(random_));
      connection_.Send(words);
    }
    int64_t missing = 0;
    for (int64_t i = 0; i < options_.keys_per_request; ++i) {
      missing += CountMissing(*connection_.Receive());
    }
    return missing;
  }

  const Options& options_;
  freshet::KeySource keys_;
  std::mt19937_64 random_;
  Connection connection_;
};

nlohmann::ordered_json Read(const Options& options) {
  const freshet::KeySource keys(options.rows, options.zipf);
  std::vector<Totals> totals(static_cast<size_t>(options.connections));
  std::vector<std::thread> threads;
  const auto start = SteadyClock::now();
  for (size_t i = 0; i < totals.size(); ++i) {
    threads.emplace_back([&, i] {
      totals[i] = Client(options, keys, options.seed + i).Run(start);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double seconds =
      std::chrono::duration<double>(SteadyClock::now() - start).count();
  int64_t requests = 0;
  int64_t missing = 0;
  for (const Totals& one : totals) {
    requests += one.requests;
    missing += one.missing;
  }
  const auto end = static_cast<int64_t>(options.seconds * 1e6);
  const auto ms = [&](double q) {
    return static_cast<double>(totals[0].latencies.Quantile(q, 0, end)) / 1000;
  };
  return {{"sent", requests},
          {"values_missing", missing},
          {"seconds", seconds},
          {"requests_per_second", static_cast<double>(requests) / seconds},
          {"p50_ms", ms(0.5)},
          {"p90_ms", ms(0.9)},
          {"p99_ms", ms(0.99)},
          {"p999_ms", ms(0.999)}};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Redis as a feature store."};
  Options options;
  app.require_subcommand(1);
  app.add_option("--port", options.port, "On 127.0.0.1")->required();
  app.add_option("--form", options.form, "hash or packed")
      ->required()
      ->check(CLI::IsMember({"hash", "packed"}));
  app.add_option("--rows", options.rows, "Keys are in [0, this)");
  app.add_option("--features", options.features, "Doubles per entity");
  app.add_option("--seed", options.seed, "Of the keys");
  CLI::App* fill = app.add_subcommand("fill", "Write all rows");
  CLI::App* read = app.add_subcommand("read", "Read at random; print JSON");
  read->add_option("--keys", options.keys_per_request, "Keys per request");
  read->add_option("--zipf", options.zipf, "Exponent of the keys; 0: uniform");
  read->add_option("--seconds", options.seconds, "How long");
  read->add_option("--connections", options.connections, "Each a thread");
  CLI11_PARSE(app, argc, argv);
  if (fill->parsed()) Fill(options);
  if (read->parsed()) fmt::print("{}\n", Read(options).dump(2));
  return 0;
}
