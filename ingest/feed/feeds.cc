// SPDX-License-Identifier: Apache-2.0
#include "ingest/feed/feeds.h"

#include <set>
#include <utility>

#include "base/error.h"

namespace freshet {
namespace {

// Whether a feed of the one does what one of the other would.
bool ReadAlike(const StreamSource& a, const StreamSource& b) {
  return a.kafka == b.kafka && a.fields == b.fields &&
         a.timestamp_field == b.timestamp_field &&
         a.max_future_skew_micros == b.max_future_skew_micros;
}

bool HasView(const Definitions& definitions, const std::string& source) {
  for (const WindowedView& view : definitions.stream_views) {
    if (view.source == source) return true;
  }
  for (const BatchFeatureView& view : definitions.batch_views) {
    if (view.live && view.live->source == source) return true;
  }
  return false;
}

}  // namespace

Feeds::Feeds(LiveViews& views, const Clock& clock, Options options)
    : views_(views), clock_(clock), options_(std::move(options)) {}

Feeds::~Feeds() { End(Definitions()); }

void Feeds::End(const Definitions& next) {
  std::vector<std::unique_ptr<KafkaFeed>> ended;
  {
    MutexLock lock(mu_);
    for (auto feed = feeds_.begin(); feed != feeds_.end();) {
      const StreamSource* source = next.FindStreamSource(feed->first);
      const bool stays = source != nullptr && HasView(next, source->name) &&
                         ReadAlike(*source, feed->second->source());
      if (stays) {
        ++feed;
        continue;
      }
      ended.push_back(std::move(feed->second));
      feed = feeds_.erase(feed);
    }
  }
  for (const auto& feed : ended) feed->Stop();
  // Each waits as it is let go.
}

void Feeds::Begin() {
  std::set<std::string> with_view;
  const ServedViews served = views_.served();
  for (const LiveWindows& view : served.windows) with_view.insert(view.source);
  for (const LiveRowsView& view : served.rows) with_view.insert(view.source);
  const auto sources = views_.sources();
  for (const auto& [name, source] : *sources) {
    if (!source.kafka || !with_view.contains(name)) continue;
    MutexLock lock(mu_);
    if (feeds_.contains(name)) continue;
    feeds_[name] = std::make_unique<KafkaFeed>(
        KafkaFeed::Parts{.views = &views_,
                         .clock = &clock_,
                         .dead_letters_dir = options_.dead_letters_dir,
                         .say = options_.say},
        source);
  }
}

std::vector<SourceState> Feeds::states() const {
  std::vector<SourceState> states;
  MutexLock lock(mu_);
  for (const auto& [name, feed] : feeds_) states.push_back(feed->state());
  return states;
}

absl::Status Feeds::GoOn(const std::string& source, const std::string& topic,
                         int32_t partition, KafkaStart start) {
  MutexLock lock(mu_);
  const auto found = feeds_.find(source);
  if (found == feeds_.end()) {
    return NotFound("no topics are read for a source '{}'", source);
  }
  return found->second->GoOn(topic, partition, start);
}

}  // namespace freshet
