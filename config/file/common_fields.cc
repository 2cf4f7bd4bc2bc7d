// SPDX-License-Identifier: Apache-2.0
#include "config/file/common_fields.h"

#include "config/names.h"
#include "config/streams/stream_view.h"

namespace freshet {
namespace {

using enum FieldKind;

const ObjectSpec& SeriesSpec() {
  static const ObjectSpec spec = {
      .name = "series",
      .doc =
          "Windows of one length, each before the next, the last one before "
          "the request: [Series of windows](streaming.md#series-of-windows).",
      .fields = {
          {.name = "window",
           .kind = kDuration,
           .doc = "How long each is. All together reach back 800 days at most.",
           .required = true,
           .min = 10'000'000,
           .max = 800 * int64_t{86'400'000'000},
           .choices = FromSeconds()},
          {.name = "count",
           .kind = kInteger,
           .doc = "How many.",
           .required = true,
           .min = WindowSeries::kCounts.least,
           .max = WindowSeries::kCounts.most},
      }};
  return spec;
}

}  // namespace

FieldSpec OwnerField(std::string_view doc) {
  return {.name = "owner", .doc = doc};
}

FieldSpec DescriptionField(bool described) {
  return {.name = "description",
          .doc = described
                     ? "What it is, for people. `freshet describe` prints it."
                     : "What it is, for people."};
}

FieldSpec TagsField(bool described) {
  return {.name = "tags",
          .kind = kTextMap,
          .doc = described ? "Words of your own, as name: text. `freshet "
                             "describe` prints them."
                           : "Words of your own, as name: text."};
}

FieldSpec CriticalField() {
  return {.name = "critical",
          .kind = kFlag,
          .doc =
              "Whether the daemon is ready only once this view serves, and "
              "its alerts page.",
          .default_text = "false"};
}

FieldSpec ExpectedFreshnessField() {
  return {.name = "expected_freshness",
          .kind = kDuration,
          .doc =
              "How far its source's topics may be behind before an alert says "
              "so: [Freshness](streaming.md#freshness). Not given: none does.",
          .choices = FromSeconds()};
}

std::vector<std::string> FromSeconds() { return {"s", "m", "h", "d", "w"}; }

const ObjectSpec& StreamFieldSpec() {
  static const ObjectSpec spec = {
      .name = "field",
      .doc = "One value of an event.",
      .fields = {
          {.name = "name",
           .kind = kColumnName,
           .doc = "What filters, columns and aggregations call it.",
           .required = true},
          {.name = "type",
           .kind = kType,
           .doc = "See [Types](#types); no list.",
           .required = true},
          {.name = "encoding",
           .kind = kChoice,
           .doc = "How records of `kafka` write it, where that is not told: "
                  "[Encodings](streaming.md#encodings).",
           .choices = ValueEncodingNames()},
          {.name = "from",
           .doc = "Where records of `kafka` have it, if not in their values: "
                  "`key`, `key.NAME` of a key that is a JSON object, "
                  "`timestamp`, `header.NAME`: "
                  "[Keys and headers](streaming.md#keys-and-headers)."},
      }};
  return spec;
}

const ObjectSpec& AggregationSpec() {
  static const ObjectSpec spec = {
      .name = "aggregation",
      .doc =
          "Functions over one column, each over each of the windows: one "
          "feature for each pair, called `amount_sum_10m`, `amount_p99_7d`, "
          "`count_1h`.",
      .fields = {
          {.name = "column",
           .kind = kColumnName,
           .doc = "One of `columns`, or a field of the source. Without it "
                  "`count` counts events."},
          {.name = "functions",
           .kind = kFunctions,
           .doc = "See [Functions](streaming.md#functions).",
           .required = true},
          {.name = "windows",
           .kind = kWindows,
           .doc = "How far back each reaches from a request: a minute to 800 "
                  "days, or `lifetime`; exact ones from 10 seconds on. An "
                  "aggregation has these, a `series`, or both."},
          {.name = "series",
           .kind = kObject,
           .doc = "One feature for each function besides, a list: what it is "
                  "over each of so many windows, the oldest first, called "
                  "`count_1h_x24`.",
           .object = &SeriesSpec()},
          {.name = "window_mode",
           .kind = kChoice,
           .doc = "Where they begin. `sawtooth`: up to a sixtieth of their "
                  "length early. `exact`: to the microsecond, which keeps "
                  "every event: [Exact windows](streaming.md#exact-windows).",
           .default_text = "sawtooth",
           .choices = WindowModeNames()},
          {.name = "force_exact",
           .kind = kFlag,
           .doc = "For exact windows of more than a day: that every event is "
                  "kept for so long is known and meant.",
           .default_text = "false"},
          {.name = "by",
           .kind = kColumnName,
           .doc = "A second column: each function answers a list, what it is "
                  "for each of this column's values, called "
                  "`amount_sum_1h_by_merchant`, beside a list of the values, "
                  "`amount_keys_1h_by_merchant`: "
                  "[By a second key](streaming.md#by-a-second-key)."},
          {.name = "max_groups",
           .kind = kInteger,
           .doc = "Of how many values of `by` that is kept. A window with more "
                  "of them is INCOMPLETE.",
           .default_text = "100",
           .min = kGroupCounts.least,
           .max = kGroupCounts.most},
      }};
  return spec;
}

}  // namespace freshet
