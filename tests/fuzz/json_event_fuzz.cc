// SPDX-License-Identifier: Apache-2.0
// An event that is JSON: read or refused, and what is read can be written.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "features/streams/event_codec.h"
#include "ingest/formats/json_events.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using freshet::Kind;
  static const std::vector<freshet::StreamField> fields = {
      {"b", {.kind = Kind::kBool}},
      {"i", {.kind = Kind::kInt32}},
      {"l", {.kind = Kind::kInt64}},
      {"d", {.kind = Kind::kDecimal, .precision = 9, .scale = 2}},
      {"f", {.kind = Kind::kFloat}},
      {"r", {.kind = Kind::kDouble}},
      {"s", {.kind = Kind::kString}},
      {"x", {.kind = Kind::kBytes}},
      {"t", {.kind = Kind::kTimestamp}}};
  static freshet::JsonEvents json(fields);
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  freshet::EventRows rows(fields);
  rows.Begin(0, 0);
  if (!json.Read(input, rows).ok()) rows.Drop();
  std::string written;
  freshet::AppendEvents(
      {.source = "s", .fields = fields, .events = rows.batch()}, &written);
  CHECK(freshet::DecodeEvents(written).ok());
  return 0;
}
