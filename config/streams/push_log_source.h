// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "config/streams/kafka_source.h"

namespace freshet {

// The topic that a stream source's pushed events are written to by the daemon
// that takes them, and from which every daemon reads them.
struct PushLogSource {
  // One topic, read from its beginning: what is never read was pushed as well.
  KafkaSource read = {};
  // The field whose value is the key of records, so that events of one value
  // are in one partition, in the order in which they were pushed. "": the
  // source's `id_field`.
  std::string key_field = {};

  const std::string& topic() const { return read.topics.front(); }
  bool operator==(const PushLogSource&) const = default;
};

}  // namespace freshet
