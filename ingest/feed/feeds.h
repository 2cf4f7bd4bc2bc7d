// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "config/definitions.h"
#include "ingest/feed/kafka_feed.h"
#include "ingest/feed/source_state.h"
#include "ingest/live/live_views.h"

namespace freshet {

// The feeds of all sources that are read from topics and have a view. End and
// Begin: one thread at a time, around LiveViews::Apply; the rest: any thread.
class Feeds {
 public:
  struct Options {
    std::string dead_letters_dir;
    KafkaSay say;
  };

  // Both outlive it.
  Feeds(LiveViews& views, const Clock& clock, Options options);
  // Ends all of them together.
  ~Feeds();
  Feeds(const Feeds&) = delete;
  Feeds& operator=(const Feeds&) = delete;

  // Ends the feeds of sources that these definitions do not have, or have to be
  // read otherwise. Takes some seconds if brokers are silent.
  void End(const Definitions& next);
  // Begins those that are lacking, of the definitions that the views have.
  void Begin();

  std::vector<SourceState> states() const;

  // As KafkaFeed's. NOT_FOUND if the source is not read.
  absl::Status GoOn(const std::string& source, const std::string& topic,
                    int32_t partition, KafkaStart start);

 private:
  using ByName = std::map<std::string, std::unique_ptr<KafkaFeed>>;

  LiveViews& views_;
  const Clock& clock_;
  const Options options_;
  mutable Mutex mu_;
  ByName feeds_ ABSL_GUARDED_BY(mu_);
};

}  // namespace freshet
