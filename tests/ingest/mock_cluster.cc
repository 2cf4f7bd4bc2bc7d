// SPDX-License-Identifier: Apache-2.0
#include "tests/ingest/mock_cluster.h"

#include <array>

#include "base/check.h"

namespace freshet {
namespace {

void Set(rd_kafka_conf_t* conf, const char* name, const std::string& value) {
  CHECK(rd_kafka_conf_set(conf, name, value.c_str(), nullptr, 0) ==
        RD_KAFKA_CONF_OK);
}

void Ignore(const rd_kafka_t*, int, const char*, const char*) {}

void* Pointer(std::optional<std::string_view> bytes) {
  return bytes ? const_cast<char*>(bytes->data()) : nullptr;
}

size_t Size(std::optional<std::string_view> bytes) {
  return bytes ? bytes->size() : 0;
}

}  // namespace

MockCluster::MockCluster(int brokers) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  Set(conf, "test.mock.num.brokers", std::to_string(brokers));
  Set(conf, "linger.ms", "0");
  Set(conf, "reconnect.backoff.max.ms", "200");
  rd_kafka_conf_set_log_cb(conf, &Ignore);
  std::array<char, 256> error{};
  producer_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error.data(), error.size());
  CHECK(producer_ != nullptr);
  mock_ = rd_kafka_handle_mock_cluster(producer_);
  CHECK(mock_ != nullptr);
}

MockCluster::~MockCluster() { rd_kafka_destroy(producer_); }

KafkaSettings MockCluster::Settings() const {
  KafkaSettings settings;
  settings.brokers = {rd_kafka_mock_cluster_bootstraps(mock_)};
  settings.metadata_interval_ms = 200;
  return settings;
}

void MockCluster::CreateTopic(const std::string& topic, int partitions) {
  CHECK(rd_kafka_mock_topic_create(mock_, topic.c_str(), partitions, 1) ==
        RD_KAFKA_RESP_ERR_NO_ERROR);
}

void MockCluster::Append(const std::string& topic, int32_t partition,
                         const MockRecord& record) {
  CHECK(rd_kafka_producev(
            producer_, RD_KAFKA_V_TOPIC(topic.c_str()),
            RD_KAFKA_V_PARTITION(partition),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
            RD_KAFKA_V_KEY(Pointer(record.key), Size(record.key)),
            RD_KAFKA_V_VALUE(Pointer(record.value), Size(record.value)),
            RD_KAFKA_V_TIMESTAMP(record.timestamp_ms),
            RD_KAFKA_V_END) == RD_KAFKA_RESP_ERR_NO_ERROR);
  CHECK(rd_kafka_flush(producer_, 20'000) == RD_KAFKA_RESP_ERR_NO_ERROR);
}

void MockCluster::AppendNumbers(const std::string& topic, int32_t partition,
                                int first, int count) {
  for (int i = first; i < first + count; ++i) {
    const std::string value = std::to_string(i);
    Append(topic, partition, {.value = value});
  }
}

int MockCluster::Overflow(const std::string& topic, int32_t partition) {
  const std::string large(600'000, 'x');
  constexpr int kRecords = 12;
  for (int i = 0; i < kRecords; ++i) {
    Append(topic, partition, {.value = large});
  }
  return kRecords;
}

}  // namespace freshet
