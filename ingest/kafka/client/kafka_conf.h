// SPDX-License-Identifier: Apache-2.0
// librdkafka's configuration, made of KafkaSettings.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>

#include "absl/status/statusor.h"
#include "config/streams/kafka_settings.h"

namespace freshet {

struct KafkaConfDelete {
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
};
using KafkaConf = std::unique_ptr<rd_kafka_conf_t, KafkaConfDelete>;

// Reads the secrets now, so that one that was changed counts from the next
// connection on. INVALID_ARGUMENT names the setting that is wrong, never what
// a secret holds.
absl::StatusOr<KafkaConf> MakeReaderConf(const KafkaSettings& settings);
absl::StatusOr<KafkaConf> MakeWriterConf(const KafkaSettings& settings);

}  // namespace freshet
