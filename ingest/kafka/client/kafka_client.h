// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "ingest/kafka/client/broker_contacts.h"
#include "ingest/kafka/client/kafka_conf.h"
#include "ingest/kafka/kafka_record.h"

namespace freshet {

// One handle of librdkafka, with what it says of itself: log lines, errors of
// no partition's own, and which brokers answer. Its threads begin and end with
// this object. Safe to use from any thread.
class KafkaClient {
 public:
  // Connects later, by itself, and for ever: brokers that are down are no
  // error here. `opaque` comes back in callbacks that are set in `conf`.
  static absl::StatusOr<std::unique_ptr<KafkaClient>> Open(rd_kafka_type_t type,
                                                           KafkaConf conf,
                                                           KafkaSay say);
  ~KafkaClient();
  KafkaClient(const KafkaClient&) = delete;
  KafkaClient& operator=(const KafkaClient&) = delete;

  rd_kafka_t* handle() const { return handle_; }
  const BrokerContacts& contacts() const { return contacts_; }

  // Runs callbacks that are due; waits so long for the first.
  void Serve(int timeout_ms) { rd_kafka_poll(handle_, timeout_ms); }

  // The last error that concerned the connection as a whole, until a broker
  // answers again.
  absl::Status LastError() const;

  // Whether all brokers were lost since this was asked last.
  bool TakeLostAll() { return lost_all_.exchange(false); }

 private:
  explicit KafkaClient(KafkaSay say) : say_(std::move(say)) {}

  static void OnLog(const rd_kafka_t* handle, int level, const char* facility,
                    const char* line);
  static void OnError(rd_kafka_t* handle, int error, const char* reason,
                      void* opaque);
  // Has `conf` say which brokers answer.
  void HearResponses(rd_kafka_conf_t* conf);
  void Answered(int32_t broker);

  const KafkaSay say_;
  BrokerContacts contacts_;
  std::atomic<bool> lost_all_{false};
  mutable Mutex mu_;
  absl::Status last_error_ ABSL_GUARDED_BY(mu_);
  rd_kafka_t* handle_ = nullptr;
};

}  // namespace freshet
