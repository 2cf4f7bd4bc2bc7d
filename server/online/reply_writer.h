// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "server/online/reply_column.h"
#include "server/online/view_rows.h"
#include "versions/plan.h"

namespace freshet {

// What a reply is made from. All of it must stay until the reply is written.
struct ReplySource {
  const Plan* plan = nullptr;
  std::span<const ViewRows> views;  // As plan->views, judged.
  std::span<const uint8_t> shared;  // 1: a view with one row for all.
  size_t rows = 0;
  ReplyOptions options;
  std::string_view request_id;
  std::string_view definitions_hash;  // Empty: not asked for.
  int64_t request_time_micros = 0;
};

// Writes a GetFeaturesResponse as wire bytes, without message objects: see
// docs/decisions/0002-reply-wire-form.md. The size is known before anything is
// written. Reused from request to request. Not thread-safe.
class ReplyWriter {
 public:
  // Returns the bytes of the reply.
  size_t Measure(const ReplySource& source);

  // Writes exactly the bytes measured.
  void Write(char* out) const;

 private:
  ReplySource source_;
  std::vector<ReplyColumn> columns_;  // Capacity is kept.
  std::vector<size_t> column_sizes_;
};

}  // namespace freshet
