// SPDX-License-Identifier: Apache-2.0
#include "server/online/reply_writer.h"

#include "server/online/reply_fields.h"
#include "server/online/wire.h"

namespace freshet {
namespace {

uint64_t VersionOf(const PlannedView& view) {
  if (view.version == nullptr) return 0;
  return static_cast<uint64_t>(view.version->manifest().version);
}

size_t ServedVersionSize(const PlannedView& view) {
  return BytesFieldSize(view.name.size()) + VarintFieldSize(VersionOf(view));
}

}  // namespace

size_t ReplyWriter::Measure(const ReplySource& source) {
  source_ = source;
  const Plan& plan = *source.plan;
  if (columns_.size() < plan.features.size()) {
    columns_.resize(plan.features.size());
  }
  column_sizes_.clear();

  size_t size = BytesFieldSize(source.request_id.size()) +
                VarintFieldSize(source.rows) +
                (source.request_time_micros == 0 ? 0 : 1 + 8) +
                BytesFieldSize(source.definitions_hash.size());
  for (size_t f = 0; f < plan.features.size(); ++f) {
    const size_t view = plan.features[f].view;
    column_sizes_.push_back(
        columns_[f].Measure(plan.features[f], source.views[view],
                            source.shared[view] != 0, source.options));
    size += LengthFieldSize(column_sizes_.back());
  }
  for (const PlannedView& view : plan.views) {
    size += LengthFieldSize(ServedVersionSize(view));
  }
  return size;
}

void ReplyWriter::Write(char* out) const {
  WireWriter wire(out);
  for (size_t f = 0; f < column_sizes_.size(); ++f) {
    wire.Length(kReplyColumns, column_sizes_[f]);
    columns_[f].Write(wire);
  }
  wire.BytesField(kReplyRequestId, source_.request_id);
  wire.VarintField(kReplyRows, source_.rows);
  for (const PlannedView& view : source_.plan->views) {
    wire.Length(kReplyVersions, ServedVersionSize(view));
    wire.BytesField(kServedView, view.name);
    wire.VarintField(kServedVersion, VersionOf(view));
  }
  wire.Fixed64Field(kReplyRequestTime, source_.request_time_micros);
  wire.BytesField(kReplyDefinitionsHash, source_.definitions_hash);
}

}  // namespace freshet
