// SPDX-License-Identifier: Apache-2.0
#include "tests/ingest/reading.h"

#include <chrono>

#include "base/check.h"

namespace freshet {
namespace {

using std::chrono::milliseconds;

std::optional<std::string> Own(std::optional<std::string_view> view) {
  if (!view) return std::nullopt;
  return std::string(*view);
}

ReadRecord Own(const KafkaRecord& record) {
  ReadRecord own{.topic = std::string(record.topic),
                 .partition = record.partition,
                 .offset = record.offset,
                 .timestamp_micros = record.timestamp_micros,
                 .timestamp_type = record.timestamp_type,
                 .key = Own(record.key),
                 .value = Own(record.value),
                 .headers = {}};
  for (const KafkaHeader& header : record.headers) {
    own.headers.emplace_back(header.name, Own(header.value));
  }
  return own;
}

}  // namespace

std::unique_ptr<KafkaReader> OpenReader(const KafkaSettings& settings,
                                        std::vector<KafkaTopicStart> topics) {
  auto reader = KafkaReader::Open(settings, std::move(topics), nullptr);
  CHECK(reader.ok());
  return *std::move(reader);
}

bool Reading::Until(KafkaReader& reader, const Done& done, size_t records_max) {
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!done(*this)) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    const KafkaBatch batch = reader.Poll(records_max, milliseconds(100));
    CHECK(batch.records.size() <= records_max);
    for (const KafkaRecord& record : batch.records) {
      records.push_back(Own(record));
    }
    events.insert(events.end(), batch.events.begin(), batch.events.end());
    for (const KafkaEnd& end : batch.ends) {
      ends[{std::string(end.topic), end.partition}] = end.last;
    }
  }
  return true;
}

bool Reading::UntilRecords(KafkaReader& reader, size_t count) {
  return Until(reader, [count](const Reading& reading) {
    return reading.records.size() >= count;
  });
}

bool Reading::UntilEvent(KafkaReader& reader, KafkaEvent::Kind kind) {
  return Until(reader, [kind](const Reading& reading) {
    return !reading.Events(kind).empty();
  });
}

std::vector<int64_t> Reading::Offsets(const std::string& topic,
                                      int32_t partition) const {
  std::vector<int64_t> offsets;
  for (const ReadRecord& record : records) {
    if (record.topic == topic && record.partition == partition) {
      offsets.push_back(record.offset);
    }
  }
  return offsets;
}

std::vector<std::string> Reading::Values(const std::string& topic,
                                         int32_t partition) const {
  std::vector<std::string> values;
  for (const ReadRecord& record : records) {
    if (record.topic == topic && record.partition == partition) {
      values.push_back(record.value.value_or("(none)"));
    }
  }
  return values;
}

std::vector<KafkaEvent> Reading::Events(KafkaEvent::Kind kind) const {
  std::vector<KafkaEvent> found;
  for (const KafkaEvent& event : events) {
    if (event.kind == kind) found.push_back(event);
  }
  return found;
}

LastRecord Reading::Last(const std::string& topic, int32_t partition) const {
  return ends.at({topic, partition});
}

}  // namespace freshet
