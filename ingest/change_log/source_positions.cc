// SPDX-License-Identifier: Apache-2.0
#include "ingest/change_log/source_positions.h"

#include <string_view>

#include "base/error.h"
#include "base/status.h"
#include "features/byte_reader.h"
#include "features/key_codec.h"

namespace freshet {
namespace {

constexpr uint8_t kFormat = 1;

std::string KeyOf(const std::string& source, const std::string& topic,
                  int32_t partition) {
  std::string key;
  AppendKeyBytes(source, /*last=*/false, &key);
  AppendKeyBytes(topic, /*last=*/false, &key);
  AppendKeyInt64(partition, &key);
  return key;
}

std::string ValueOf(const PartitionPosition& position) {
  std::string value(1, static_cast<char>(kFormat));
  AppendLittle(position.next, &value);
  if (position.last) {
    AppendLittle(position.last->offset, &value);
    AppendLittle(position.last->hash, &value);
  }
  return value;
}

struct Kept {
  std::string source;
  PartitionPosition position;
};

absl::StatusOr<Kept> Decode(std::string_view key, std::string_view value) {
  static const std::vector<KeyPart> kParts = {
      {"source", {.kind = Kind::kString}},
      {"topic", {.kind = Kind::kString}},
      {"partition", {.kind = Kind::kInt64}}};
  ASSIGN_OR_RETURN(const std::vector<Value> parts, DecodeKey(kParts, key));
  Kept kept;
  kept.source = std::get<std::string>(parts[0].v);
  kept.position.topic = std::get<std::string>(parts[1].v);
  kept.position.partition = static_cast<int32_t>(std::get<int64_t>(parts[2].v));
  ByteReader in(value);
  const auto format = in.Fixed<uint8_t>();
  kept.position.next = in.Fixed<int64_t>();
  if (in.ok() && !in.AtEnd()) {
    const auto offset = in.Fixed<int64_t>();
    kept.position.last = {.offset = offset, .hash = in.Fixed<uint64_t>()};
  }
  if (in.ok() && in.AtEnd() && format == kFormat) return kept;
  return DataLoss("the position of partition {} of topic '{}' is damaged",
                  kept.position.partition, kept.position.topic);
}

}  // namespace

SourcePositions::SourcePositions(LiveGeneration::Ptr kept)
    : kept_(std::move(kept)) {}

absl::StatusOr<SourcePositions> SourcePositions::Open(
    LiveGeneration::Ptr kept) {
  SourcePositions positions(std::move(kept));
  absl::Status status;
  RETURN_IF_ERROR(positions.kept_->Scan(
      "", [&](std::string_view key, std::string_view value) {
        absl::StatusOr<Kept> one = Decode(key, value);
        status = one.status();
        if (!status.ok()) return false;
        const Partition at(one->position.topic, one->position.partition);
        positions.sources_[one->source][at] = std::move(one->position);
        return true;
      }));
  RETURN_IF_ERROR(status);
  return positions;
}

void SourcePositions::Take(const LoggedEvents& logged, LiveBatch& batch) {
  for (const PartitionPosition& position : logged.positions) {
    batch.Put(*kept_, KeyOf(logged.source, position.topic, position.partition),
              ValueOf(position));
    sources_[logged.source][{position.topic, position.partition}] = position;
  }
}

void SourcePositions::Forget(const std::string& source, LiveBatch& batch) {
  for (const PartitionPosition& position : Of(source)) {
    batch.Delete(*kept_, KeyOf(source, position.topic, position.partition));
  }
  sources_.erase(source);
}

std::vector<PartitionPosition> SourcePositions::Of(
    const std::string& source) const {
  std::vector<PartitionPosition> positions;
  const auto found = sources_.find(source);
  if (found == sources_.end()) return positions;
  for (const auto& [partition, position] : found->second) {
    positions.push_back(position);
  }
  return positions;
}

std::vector<std::string> SourcePositions::Sources() const {
  std::vector<std::string> names;
  for (const auto& [name, positions] : sources_) names.push_back(name);
  return names;
}

}  // namespace freshet
