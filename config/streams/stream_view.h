// SPDX-License-Identifier: Apache-2.0
// What a team defines of streams: where events come from, and the features that
// are computed over windows of them. Plain values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "config/position.h"
#include "config/streams/aggregate_function.h"
#include "config/streams/kafka_source.h"
#include "config/streams/push_log_source.h"
#include "config/streams/value_encoding.h"
#include "config/type.h"

namespace freshet {

// One field of a source's events.
struct StreamField {
  std::string name;
  Type type;
  Position at = {};
  ValueEncoding encoding = ValueEncoding::kUsual;  // In records of topics.
  // Where in a record it is, if not in its value: `key`, `key.NAME` of a key
  // that is an object, `timestamp`, `header.NAME`.
  std::string from = {};

  // Whether its values are alike, however they were written.
  bool operator==(const StreamField& other) const {
    return name == other.name && type == other.type;
  }
};

struct StreamSource {
  std::string name;
  std::vector<StreamField> fields = {};
  std::string timestamp_field = {};  // Of type timestamp: the event time.
  // What tells an event from another, of string, int64 or bytes; "": nothing,
  // and an event that comes twice counts twice.
  std::string id_field = {};
  // An event counts once if it comes again no later than this after the last
  // time that it came.
  int64_t deduplicate_micros = 600'000'000;
  // Events that are further ahead of our clock are refused.
  int64_t max_future_skew_micros = 300'000'000;
  // Where its events come from, one of them: topics of Kafka; pushes, which are
  // written to a topic and read from there; or pushes, which are on this
  // machine's disk alone.
  std::optional<KafkaSource> kafka = std::nullopt;
  std::optional<PushLogSource> push_log = std::nullopt;
  bool single_node = false;
  std::string owner = {};
  std::string description = {};
  std::map<std::string, std::string> tags = {};
  Position at = {};
  bool misread = false;  // Its text had problems.

  // What it is read from; null: no topics.
  const KafkaSource* topics() const {
    if (push_log) return &push_log->read;
    return kafka ? &*kafka : nullptr;
  }
  bool takes_pushes() const { return push_log.has_value() || single_node; }
};

// Where a window of length W begins that is asked for at q: docs/semantics.md,
// rule 26.
enum class WindowMode {
  kSawtooth,  // At q - W, rounded down to a multiple of the window's hop.
  kExact,     // At q - W.
};

// What one feature is computed over: a window before a request or, of a series,
// `count` windows of one length, each before the next.
struct WindowSeries {
  static constexpr SizeRange kCounts{2, 168};  // Of those that are several.

  int64_t window_micros = 0;  // 0: from `since` on, for ever.
  uint32_t count = 1;

  // How far back the first of them begins, without its hop.
  int64_t reach_micros() const { return count * window_micros; }

  bool operator==(const WindowSeries&) const = default;
};

// Functions over one column and windows of events before a request.
struct Aggregation {
  // Of the view's columns or the source's fields; "": rows.
  std::string column = {};
  std::vector<FunctionCall> functions = {};
  std::vector<int64_t> windows_micros = {};  // 0: from `since` on, for ever.
  std::optional<WindowSeries> series = {};
  WindowMode mode = WindowMode::kSawtooth;  // Of those that have a length.
  // That every event of windows beyond a day is kept is known and meant.
  bool force_exact = false;
  // A column of whose values each has what the functions are of its events, at
  // most so many; "": all events together.
  std::string by = {};
  uint32_t max_groups = 100;
  Position at = {};
};

// What a window answers that reaches back further than everything is known.
enum class OnIncomplete { kNothing, kValue };

struct WindowedView {
  std::string name;
  std::vector<std::string> entities = {};  // As those of a batch view.
  std::string source = {};
  std::string filter = {};  // Of type bool; "": every event.
  std::map<std::string, std::string> columns = {};  // Name -> expression.
  std::vector<Aggregation> aggregations = {};
  // When windows without a length begin: a whole day, UTC.
  int64_t since_micros = 0;
  // How much later than the longest window an event may come and still count.
  int64_t grace_micros = 0;
  // That an event which is pushed twice counts twice, for its source has no
  // ids, is known and meant.
  bool duplicates_counted = false;
  OnIncomplete on_incomplete = OnIncomplete::kNothing;
  // How far its source may be behind before an alert says so; 0: none does.
  int64_t expected_freshness_micros = 0;
  std::string owner = {};
  std::string description = {};
  std::map<std::string, std::string> tags = {};
  bool pii = false;
  bool critical = false;  // As that of a batch view.
  Position at = {};
  bool misread = false;  // Its text had problems.
};

// `10m`, `7d`, `lifetime`: as definitions write them and the names of features
// end. Weeks are days.
std::string WindowText(int64_t window_micros);
// What WindowText wrote; 0 for `lifetime`. INVALID_ARGUMENT says how long a
// window may be.
absl::StatusOr<int64_t> ParseWindow(std::string_view text);
// Whether an aggregation may have such windows: INVALID_ARGUMENT says how long
// those of its mode may be, and what to do. Requires: none is negative.
absl::Status CheckWindow(const Aggregation& aggregation,
                         const WindowSeries& windows);

// Each of its windows, and its series, in the order of its features.
std::vector<WindowSeries> WindowsOf(const Aggregation& aggregation);
// What a feature is called that is computed so: `amount_sum_10m`, `count_1h` of
// rows, `amount_p99_1d`, `merchant_last_5_30d`, `count_1h_x24` of a series,
// `count_1h_by_merchant`.
std::string WindowFeatureName(const Aggregation& aggregation,
                              const FunctionCall& call,
                              const WindowSeries& windows);
// Of an aggregation with `by`, what its groups are of:
// `amount_keys_1h_by_merchant`.
std::string WindowKeysName(const Aggregation& aggregation,
                           const WindowSeries& windows);
// All of a view, in the order in which it defines them.
std::vector<std::string> WindowFeatureNames(const WindowedView& view);

}  // namespace freshet
