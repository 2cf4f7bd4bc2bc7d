// SPDX-License-Identifier: Apache-2.0
#include "features/streams/check_streams.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <string_view>

#include "config/names.h"
#include "features/check_service.h"
#include "features/records/check_records.h"
#include "features/streams/row_view_plan.h"
#include "features/streams/windowed_view_plan.h"

namespace freshet {
namespace {

constexpr size_t kTopicBytesMax = 249;

bool HasLifetime(const WindowedView& view) {
  return std::any_of(view.aggregations.begin(), view.aggregations.end(),
                     [](const Aggregation& aggregation) {
                       const auto& windows = aggregation.windows_micros;
                       return std::find(windows.begin(), windows.end(), 0) !=
                              windows.end();
                     });
}

void CheckExpectedFreshness(const std::string& view, Position at,
                            const StreamSource& source,
                            std::vector<Problem>& problems) {
  if (!source.single_node) return;
  problems.push_back(
      {at, fmt::format("view '{}' has 'expected_freshness', and its source "
                       "'{}' is read from no topic that it could be behind: "
                       "what is pushed (single_node) is served when it is "
                       "acknowledged; remove it",
                       view, source.name)});
}

void CheckId(const StreamField& field, const StreamSource& source,
             std::vector<Problem>& problems) {
  const Kind kind = field.type.kind;
  if (kind == Kind::kString || kind == Kind::kInt64 || kind == Kind::kBytes) {
    return;
  }
  problems.push_back(
      {field.at, fmt::format("field '{}' is {}, and 'id_field' of source '{}' "
                             "is a string, int64 or bytes",
                             field.name, field.type.ToString(), source.name)});
}

void CheckTopics(const StreamSource& source, std::vector<Problem>& problems) {
  const KafkaSource& kafka = *source.topics();
  if (const absl::Status cluster = CheckKafkaSettings(kafka.cluster);
      !cluster.ok()) {
    problems.push_back({kafka.at, fmt::format("source '{}': {}", source.name,
                                              std::string(cluster.message()))});
  }
  if (kafka.topics.empty()) {
    problems.push_back(
        {kafka.at, fmt::format("source '{}' names no topic", source.name)});
  }
  std::set<std::string_view> named;
  for (const std::string& topic : kafka.topics) {
    if (!named.insert(topic).second) {
      problems.push_back({kafka.at, fmt::format("source '{}' names topic '{}' "
                                                "twice",
                                                source.name, topic)});
    }
    const bool is_name =
        topic.size() <= kTopicBytesMax && topic != "." && topic != ".." &&
        std::all_of(topic.begin(), topic.end(), [](char c) {
          return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' ||
                 c == '_' || c == '-';
        });
    if (is_name) continue;
    problems.push_back(
        {kafka.at,
         fmt::format("source '{}': '{}' is no name of a topic; one is at most "
                     "{} of A-Z, a-z, 0-9, '.', '_' and '-'",
                     source.name, topic, kTopicBytesMax)});
  }
}

void CheckKeyField(const StreamSource& source, std::vector<Problem>& problems) {
  const std::string& key = source.push_log->key_field;
  const bool is_there =
      std::any_of(source.fields.begin(), source.fields.end(),
                  [&](const StreamField& field) { return field.name == key; });
  if (key.empty() || is_there) return;
  problems.push_back(
      {source.push_log->read.at,
       fmt::format("source '{}' has no field '{}', the 'key_field' of its "
                   "push log",
                   source.name, key)});
}

// Where its events come from: one way.
void CheckWays(const StreamSource& source, std::vector<Problem>& problems) {
  if (source.topics() != nullptr) CheckTopics(source, problems);
  if (source.push_log) CheckKeyField(source, problems);
  std::vector<std::string_view> ways;
  if (source.kafka) ways.push_back("kafka");
  if (source.push_log) ways.push_back("push_log");
  if (source.single_node) ways.push_back("single_node: true");
  if (ways.size() == 1) return;
  if (ways.size() > 1) {
    problems.push_back(
        {source.at, fmt::format("source '{}' has {}; its events come one way",
                                source.name, fmt::join(ways, " and "))});
    return;
  }
  problems.push_back(
      {source.at,
       fmt::format("source '{}' says no way for its events to come; add kafka, "
                   "with the topics that they are in; push_log, with the topic "
                   "that pushes are written to; or single_node: true, for "
                   "pushes that are kept on this machine's disk alone",
                   source.name)});
}

}  // namespace

void CheckStreamSource(const StreamSource& source,
                       std::vector<Problem>& problems) {
  if (source.misread) return;
  bool has_time = false;
  bool has_id = source.id_field.empty();
  for (const StreamField& field : source.fields) {
    if (field.type.list || field.type.fixed_length > 0) {
      problems.push_back(
          {field.at, fmt::format("field '{}' is {}; events have no lists",
                                 field.name, field.type.ToString())});
    }
    if (field.name == source.id_field) {
      has_id = true;
      CheckId(field, source, problems);
    }
    if (field.name != source.timestamp_field) continue;
    has_time = true;
    if (field.type.kind == Kind::kTimestamp) continue;
    problems.push_back(
        {field.at,
         fmt::format("field '{}' is {}, and 'timestamp_field' of "
                     "source '{}' is a timestamp",
                     field.name, field.type.ToString(), source.name)});
  }
  const auto lacks = [&](std::string_view what, const std::string& name) {
    problems.push_back({source.at, fmt::format("source '{}' has no field '{}', "
                                               "its '{}'",
                                               source.name, name, what)});
  };
  if (!has_time) lacks("timestamp_field", source.timestamp_field);
  if (!has_id) lacks("id_field", source.id_field);
  CheckWays(source, problems);
  CheckRecords(source, problems);
}

void CheckStreamView(const WindowedView& view, const StreamSource& source,
                     const std::vector<JoinKey>& keys,
                     std::vector<Problem>& problems) {
  if (view.misread) return;
  if (source.kafka && source.kafka->envelope != RecordEnvelope::kNone) {
    problems.push_back(
        {view.at,
         fmt::format("view '{}' has windows over source '{}', whose records "
                     "also update and delete (envelope: {}), and what was "
                     "added up cannot be taken back; rows can: 'live' of a "
                     "view under 'batch_feature_views'",
                     view.name, source.name,
                     RecordEnvelopeName(source.kafka->envelope))});
    return;
  }
  if (view.since_micros == 0 && HasLifetime(view)) {
    problems.push_back(
        {view.at, fmt::format("a window 'lifetime' of view '{}' needs 'since', "
                              "from when on all events are known",
                              view.name)});
  }
  if (source.takes_pushes() && source.id_field.empty() &&
      !view.duplicates_counted) {
    problems.push_back(
        {view.at,
         fmt::format("source '{}' of view '{}' has no 'id_field', and an event "
                     "that is pushed again counts again; add one, or "
                     "duplicates: counted",
                     source.name, view.name)});
  }
  if (view.expected_freshness_micros > 0) {
    CheckExpectedFreshness(view.name, view.at, source, problems);
  }
  std::vector<KeyPart> key;
  for (const JoinKey& part : keys) key.push_back({part.name, part.type});
  const auto plan = WindowedViewPlan::Make(source, view, key);
  if (!plan.ok()) {
    problems.push_back({view.at, std::string(plan.status().message())});
    return;
  }
  for (const WindowedViewPlan::Feature& feature : plan->features) {
    for (const JoinKey& part : keys) {
      if (part.name != feature.name) continue;
      problems.push_back(
          {view.at, fmt::format("feature '{}' has the name of a join key of "
                                "view '{}'; compute it from a column of "
                                "another name",
                                feature.name, view.name)});
    }
  }
}

void CheckLiveRows(const BatchFeatureView& view, const StreamSource& source,
                   const std::vector<JoinKey>& keys,
                   std::vector<Problem>& problems) {
  if (view.live->misread || view.source.misread) return;
  std::vector<KeyPart> key;
  for (const JoinKey& part : keys) key.push_back({part.name, part.type});
  std::vector<Column> columns;
  for (const Feature& feature : view.features) {
    const auto id = static_cast<uint32_t>(columns.size() + 1);
    columns.push_back({id, feature.name, feature.type});
  }
  auto schema = RowSchema::Create(1, std::move(key), std::move(columns));
  const absl::Status status =
      schema.ok() ? RowViewPlan::Make(source, view, *schema).status()
                  : schema.status();
  if (!status.ok()) {
    problems.push_back({view.live->at, std::string(status.message())});
  }
  if (view.live->expected_freshness_micros > 0) {
    CheckExpectedFreshness(view.name, view.live->at, source, problems);
  }
  if (view.HasSnapshots()) return;
  const auto lacks_snapshots = [&](std::string_view field) {
    problems.push_back(
        {view.at, fmt::format("view '{}' has '{}', which is about snapshots, "
                              "and no 'source' of any",
                              view.name, field)});
  };
  if (view.freshness_micros != 0) lacks_snapshots("freshness");
  if (!view.snapshot_group.empty()) lacks_snapshots("snapshot_group");
}

void CheckHistory(const BatchFeatureView& view, const StreamSource& source,
                  std::vector<Problem>& problems) {
  if (view.source.misread) return;
  const ViewHistory& history = *view.history;
  const auto add = [&](std::string message) {
    problems.push_back({view.at, fmt::format("'batch_source' of view '{}' {}",
                                             history.stream_view, message)});
  };
  if ((history.since_micros == 0) == (history.covers_micros == 0)) {
    add(history.since_micros == 0
            ? "does not say from when on its files have every event; add "
              "since, such as since: 2026-01-01T00:00:00Z, or covers, such as "
              "covers: 90d"
            : "has 'since' and 'covers'; one of them says from when on its "
              "files have every event");
  }
  if (history.covers_micros > 0 &&
      history.covers_micros <= history.settle_micros) {
    add("covers no more than 'settle', which leaves nothing; make 'covers' "
        "longer");
  }
  std::vector<std::string> names;
  for (const StreamField& field : source.fields) names.push_back(field.name);
  for (const auto& [name, column] : view.source.columns) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    add(
        fmt::format("maps '{}' under 'columns', which is no field of source "
                    "'{}'{}",
                    name, source.name, DidYouMean(name, names)));
  }
}

}  // namespace freshet
