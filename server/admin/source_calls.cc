// SPDX-License-Identifier: Apache-2.0
#include "server/admin/source_calls.h"

#include <vector>

#include "base/error.h"
#include "base/status.h"
#include "freshet/v1/admin.pb.h"
#include "server/push/live_state.h"
#include "server/push/replays.h"
#include "versions/store.h"

namespace freshet {
namespace {

absl::Status NothingIsRead() {
  return NotFound("no source is read from topics here");
}

absl::StatusOr<Seeks::Seek> SeekOf(const v1::SeekSourceRequest& request) {
  Seeks::Seek seek;
  for (const v1::TopicPartition& one : request.partitions()) {
    seek.partitions.emplace_back(one.topic(), one.partition());
  }
  switch (request.start()) {
    case v1::SeekSourceRequest::START_EARLIEST:
      seek.start = KafkaStart::Earliest();
      return seek;
    case v1::SeekSourceRequest::START_LATEST:
      seek.start = KafkaStart::Latest();
      return seek;
    case v1::SeekSourceRequest::START_TIME:
      seek.start = KafkaStart::Time(request.time_micros());
      return seek;
    default:
      return InvalidArgument("want where to read on: earliest, latest, a time");
  }
}

}  // namespace

absl::Status SourceCalls::Pause(const v1::PauseSourceRequest& request) {
  Feeds* feeds = live_.feeds();
  if (feeds == nullptr) return NothingIsRead();
  return feeds->SetPaused(request.source(), !request.resume());
}

absl::Status SourceCalls::Seek(const v1::SeekSourceRequest& request,
                               v1::SeekSourceResponse* response) {
  Feeds* feeds = live_.feeds();
  if (feeds == nullptr) return NothingIsRead();
  ASSIGN_OR_RETURN(const Seeks::Seek seek, SeekOf(request));
  ASSIGN_OR_RETURN(const std::vector<Seeks::Partition> partitions,
                   feeds->SetForward(request.source(), seek));
  for (const auto& [topic, partition] : partitions) {
    v1::TopicPartition* out = response->add_partitions();
    out->set_topic(topic);
    out->set_partition(partition);
  }
  return absl::OkStatus();
}

absl::Status SourceCalls::Replay(const v1::ReplayViewRequest& request) {
  if (request.stop()) return replays_.Stop(request.view());
  TopicReplay::Request replay{.view = request.view(),
                              .may_know_less = request.may_know_less()};
  if (request.has_from_micros()) replay.from_micros = request.from_micros();
  return replays_.Begin(*store_.publisher().definitions(), replay);
}

}  // namespace freshet
