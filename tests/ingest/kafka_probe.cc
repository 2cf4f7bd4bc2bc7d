// SPDX-License-Identifier: Apache-2.0
#include "tests/ingest/kafka_probe.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/check.h"
#include "ingest/kafka/kafka_reader.h"
#include "ingest/kafka/kafka_writer.h"

namespace freshet {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

// Lines of standard input, without waiting longer than is asked.
class Commands {
 public:
  // None: no whole line in time. `ended` is set at the end of the input.
  std::optional<json> Next(int timeout_ms) {
    while (lines_.empty() && !ended_) {
      pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
      if (::poll(&input, 1, timeout_ms) <= 0) return std::nullopt;
      Read();
    }
    if (lines_.empty()) return std::nullopt;
    json line = json::parse(lines_.front());
    lines_.pop_front();
    return line;
  }

  bool ended() const { return ended_ && lines_.empty(); }

 private:
  void Read() {
    std::array<char, 65536> bytes;
    const ssize_t count = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    if (count <= 0) {
      ended_ = true;
      return;
    }
    rest_.append(bytes.data(), static_cast<size_t>(count));
    for (size_t at; (at = rest_.find('\n')) != std::string::npos;) {
      lines_.push_back(rest_.substr(0, at));
      rest_.erase(0, at + 1);
    }
  }

  std::string rest_;
  std::deque<std::string> lines_;
  bool ended_ = false;
};

void Say(const json& line) {
  fmt::print("{}\n", line.dump());
  std::fflush(stdout);
}

void Log(const std::string& sentence, bool /*trouble*/) {
  fmt::print(stderr, "{}\n", sentence);
}

KafkaStart StartOf(const json& start) {
  if (start.contains("time")) return KafkaStart::Time(start["time"]);
  if (start.contains("offset")) return KafkaStart::Offset(start["offset"]);
  if (start.contains("after")) {
    return KafkaStart::After(
        {.offset = start["after"],
         .hash = std::stoull(start["hash"].get<std::string>())});
  }
  return start.at("at") == "latest" ? KafkaStart::Latest()
                                    : KafkaStart::Earliest();
}

KafkaSettings SettingsOf(const json& order) {
  KafkaSettings settings;
  settings.brokers = {order.at("brokers").get<std::string>()};
  settings.metadata_interval_ms = order.value("metadata_interval_ms", 500);
  settings.queue_bytes_max = order.value("queue_bytes_max", 8 << 20);
  return settings;
}

std::vector<KafkaTopicStart> TopicsOf(const json& order) {
  std::vector<KafkaTopicStart> topics;
  for (const json& topic : order.at("topics")) {
    KafkaTopicStart start{.topic = topic.at("topic")};
    if (topic.contains("fresh")) start.fresh = StartOf(topic["fresh"]);
    const json all_stored = topic.value("stored", json::object());
    for (const auto& [partition, stored] : all_stored.items()) {
      start.partitions[std::stoi(partition)] = StartOf(stored);
    }
    topics.push_back(std::move(start));
  }
  return topics;
}

std::string NameOf(KafkaEvent::Kind kind) {
  static constexpr const char* kNames[] = {"started",    "appeared", "verified",
                                           "unverified", "gap",      "changed",
                                           "missing",    "failed"};
  return kNames[static_cast<size_t>(kind)];
}

void Say(const KafkaBatch& batch) {
  for (const KafkaEvent& event : batch.events) {
    Say(json{{"event", NameOf(event.kind)},
             {"topic", event.topic},
             {"partition", event.partition},
             {"wanted", event.wanted},
             {"first", event.first},
             {"end", event.end},
             {"text", Describe(event)}});
  }
  for (const KafkaRecord& record : batch.records) {
    Say(json{{"record", record.value ? json(*record.value) : json()},
             {"topic", record.topic},
             {"partition", record.partition},
             {"offset", record.offset},
             {"micros", record.timestamp_micros},
             {"appended", record.timestamp_type == KafkaTime::kAppended}});
  }
  for (const KafkaEnd& end : batch.ends) {
    Say(json{{"last", end.topic},
             {"partition", end.partition},
             {"after", end.last.offset},
             {"hash", std::to_string(end.last.hash)}});
  }
}

void SayState(const KafkaReader& reader) {
  json state = json::array();
  for (const KafkaPartitionState& one : reader.Partitions()) {
    state.push_back({{"topic", one.topic},
                     {"partition", one.partition},
                     {"reading", one.reading},
                     {"stopped", one.stopped},
                     {"position", one.position},
                     {"lag", one.lag},
                     {"contact_age_ms", one.contact_age_ms}});
  }
  const KafkaHealth health = reader.Health();
  Say(json{{"state", state},
           {"contact_age_ms", health.contact_age_ms},
           {"error", health.error.ToString()}});
}

void Obey(const json& command, KafkaReader& reader) {
  if (command == "pause") {
    reader.Pause();
  } else if (command == "resume") {
    reader.Resume();
  } else if (command == "state") {
    SayState(reader);
  } else {
    const absl::Status status =
        reader.Restart(command.at("restart"), command.at("partition"),
                       StartOf(command.at("start")));
    CHECK(status.ok());
  }
}

}  // namespace

int ProbeReader(const json& order) {
  auto reader = KafkaReader::Open(SettingsOf(order), TopicsOf(order), &Log);
  CHECK(reader.ok());
  Commands commands;
  while (!commands.ended()) {
    while (const std::optional<json> command = commands.Next(0)) {
      Obey(*command, **reader);
    }
    Say((*reader)->Poll(1000, milliseconds(50)));
  }
  return 0;
}

int ProbeWriter(const json& order) {
  auto writer = KafkaWriter::Open(SettingsOf(order), &Log);
  CHECK(writer.ok());
  Commands commands;
  while (!commands.ended()) {
    const std::optional<json> command = commands.Next(-1);
    if (!command) continue;
    const auto values = command->at("values").get<std::vector<std::string>>();
    std::vector<KafkaMessage> messages;
    for (const std::string& value : values) {
      messages.push_back(
          {.topic = command->at("topic"), .partition = 0, .value = value});
    }
    json written = json::array();
    for (const KafkaWritten& one :
         (*writer)->Write(messages, milliseconds(command->at("timeout_ms")))) {
      written.push_back({{"status", one.status.ToString()},
                         {"partition", one.partition},
                         {"offset", one.offset}});
    }
    Say(json{{"written", written}});
  }
  return 0;
}

}  // namespace freshet
