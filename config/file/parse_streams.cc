// SPDX-License-Identifier: Apache-2.0
#include "config/file/parse_streams.h"

#include "config/file/field_values.h"
#include "config/file/object_reader.h"
#include "config/file/parse_references.h"
#include "config/names.h"
#include "config/timestamp.h"

namespace freshet {
namespace {

StreamField ReadField(const ObjectSpec& spec, const YamlNode& node,
                      std::vector<Problem>& problems) {
  ObjectReader in(spec, node, problems);
  StreamField field{.name = "", .type = {}, .at = node.at};
  in.Read("name", field.name);
  std::string type;
  in.Read("type", type);
  // A wrong one is a problem already.
  field.type = Type::Parse(type).value_or(Type{});
  std::string encoding;
  in.Read("encoding", encoding);
  if (!encoding.empty()) field.encoding = ValueEncodingOf(encoding);
  in.Read("from", field.from);
  return field;
}

// Each text of a list as `parse` reads it.
template <typename T>
void ReadEach(ObjectReader& in, const FieldSpec& spec,
              absl::StatusOr<T> (*parse)(std::string_view),
              std::vector<T>& out) {
  for (const YamlNode::Ptr& item : in.Items(spec.name)) {
    const auto text = TextOf(spec, *item);
    if (!text.ok()) {
      in.AddProblem(*item, spec.name, std::string(text.status().message()));
      continue;
    }
    // TextOf has looked at it.
    if (auto value = parse(*text); value.ok()) out.push_back(*value);
  }
}

WindowSeries ReadSeries(const ObjectSpec& spec, const YamlNode& node,
                        std::vector<Problem>& problems) {
  ObjectReader in(spec, node, problems);
  WindowSeries series;
  int64_t count = series.count;
  in.Read("window", series.window_micros);
  in.Read("count", count);
  series.count = static_cast<uint32_t>(count);
  return series;
}

Aggregation ReadAggregation(const ObjectSpec& spec, const YamlNode& node,
                            std::vector<Problem>& problems) {
  ObjectReader in(spec, node, problems);
  Aggregation aggregation{.at = node.at};
  in.Read("column", aggregation.column);
  ReadEach(in, *spec.Find("functions"), &ParseFunction, aggregation.functions);
  ReadEach(in, *spec.Find("windows"), &ParseWindow, aggregation.windows_micros);
  if (const YamlNode* series = in.Find("series")) {
    aggregation.series =
        ReadSeries(*spec.Find("series")->object, *series, problems);
  }
  std::string mode;
  in.Read("window_mode", mode);
  if (!mode.empty()) aggregation.mode = WindowModeOf(mode);
  in.Read("force_exact", aggregation.force_exact);
  in.Read("by", aggregation.by);
  int64_t max_groups = aggregation.max_groups;
  in.Read("max_groups", max_groups);
  aggregation.max_groups = static_cast<uint32_t>(max_groups);
  return aggregation;
}

// Of an object within `spec`; nothing if it is not there.
SecretSource ReadSecret(ObjectReader& in, const FieldSpec& spec,
                        std::vector<Problem>& problems) {
  SecretSource secret;
  if (const YamlNode* node = in.Find(spec.name)) {
    ObjectReader fields(*spec.object, *node, problems);
    fields.Read("env", secret.env);
    fields.Read("file", secret.file);
  }
  return secret;
}

void ReadCluster(ObjectReader& in, const ObjectSpec& spec,
                 std::vector<Problem>& problems, KafkaSettings& cluster) {
  in.Read("brokers", cluster.brokers);
  in.Read("ca_file", cluster.ca_file);
  in.Read("certificate_file", cluster.certificate_file);
  cluster.key = ReadSecret(in, *spec.Find("key"), problems);
  cluster.key_password = ReadSecret(in, *spec.Find("key_password"), problems);
  in.Read("user", cluster.user);
  cluster.password = ReadSecret(in, *spec.Find("password"), problems);
  in.Read("queue_max", cluster.queue_bytes_max);
  in.Read("metadata_interval", cluster.metadata_interval_ms, 1'000);
  in.Read("properties", cluster.properties);
  std::string choice;
  in.Read("security", choice);
  if (!choice.empty()) cluster.security = KafkaSecurityOf(choice);
  choice.clear();
  in.Read("mechanism", choice);
  if (!choice.empty()) cluster.mechanism = SaslMechanismOf(choice);
  choice.clear();
  in.Read("isolation", choice);
  if (!choice.empty()) cluster.isolation = KafkaIsolationOf(choice);
}

SchemaRegistrySettings ReadRegistry(const ObjectSpec& spec,
                                    const YamlNode& node,
                                    std::vector<Problem>& problems) {
  ObjectReader in(spec, node, problems);
  SchemaRegistrySettings registry{.at = node.at};
  in.Read("url", registry.url);
  in.Read("ca_file", registry.ca_file);
  in.Read("user", registry.user);
  registry.password = ReadSecret(in, *spec.Find("password"), problems);
  in.Read("timeout", registry.timeout_ms, 1'000);
  return registry;
}

// What records are.
void ReadRecords(ObjectReader& in, const ObjectSpec& spec,
                 std::vector<Problem>& problems, KafkaSource& kafka) {
  std::string choice;
  in.Read("format", choice);
  if (!choice.empty()) kafka.format = StreamFormatOf(choice);
  choice.clear();
  in.Read("envelope", choice);
  if (!choice.empty()) kafka.envelope = RecordEnvelopeOf(choice);
  in.Read("schema", kafka.schema);
  in.Read("message", kafka.message);
  if (!kafka.schema.empty()) kafka.schema_at = in.Find("schema")->at;
  if (const YamlNode* registry = in.Find("schema_registry")) {
    kafka.schema_registry = ReadRegistry(*spec.Find("schema_registry")->object,
                                         *registry, problems);
  }
}

KafkaSource ReadKafka(const ObjectSpec& spec, const YamlNode& node,
                      std::vector<Problem>& problems) {
  ObjectReader in(spec, node, problems);
  KafkaSource kafka{.at = node.at};
  ReadCluster(in, spec, problems, kafka.cluster);
  in.Read("topics", kafka.topics);
  ReadRecords(in, spec, problems, kafka);
  std::string choice = "earliest";
  in.Read("start", choice);
  if (choice == "latest") {
    kafka.start = TopicStart::kLatest;
  } else if (choice != "earliest") {
    kafka.start = TopicStart::kTime;
    // A wrong one was a problem already, and was not read.
    kafka.start_micros = ParseTimestamp(choice).value_or(0);
  }
  return kafka;
}

PushLogSource ReadPushLog(const ObjectSpec& spec, const YamlNode& node,
                          std::vector<Problem>& problems) {
  ObjectReader in(spec, node, problems);
  PushLogSource log{.read = {.topics = {""}, .at = node.at}};
  ReadCluster(in, spec, problems, log.read.cluster);
  in.Read("topic", log.read.topics.front());
  in.Read("key_field", log.key_field);
  in.Read("delivery_timeout", log.read.cluster.delivery_timeout_ms, 1'000);
  return log;
}

}  // namespace

StreamSource ParseStreamSource(const YamlNode& node,
                               std::vector<Problem>& problems) {
  const size_t before = problems.size();
  const ObjectSpec& spec = StreamSourceSpec();
  ObjectReader in(spec, node, problems);
  StreamSource source{.name = "", .at = node.at};
  in.Read("name", source.name);
  ReadAbout(in, source);
  for (const YamlNode::Ptr& item : in.Items("fields")) {
    source.fields.push_back(
        ReadField(*spec.Find("fields")->object, *item, problems));
  }
  AddDuplicates("field", source.fields, problems);
  in.Read("timestamp_field", source.timestamp_field);
  in.Read("id_field", source.id_field);
  in.Read("deduplicate_for", source.deduplicate_micros);
  in.Read("max_future_skew", source.max_future_skew_micros);
  if (const YamlNode* kafka = in.Find("kafka")) {
    source.kafka = ReadKafka(*spec.Find("kafka")->object, *kafka, problems);
  }
  if (const YamlNode* log = in.Find("push_log")) {
    source.push_log =
        ReadPushLog(*spec.Find("push_log")->object, *log, problems);
  }
  in.Read("single_node", source.single_node);
  source.misread = problems.size() > before;
  return source;
}

WindowedView ParseStreamView(const YamlNode& node,
                             std::vector<Problem>& problems) {
  const size_t before = problems.size();
  const ObjectSpec& spec = StreamViewSpec();
  ObjectReader in(spec, node, problems);
  WindowedView view{.name = "", .at = node.at};
  in.Read("name", view.name);
  ReadAbout(in, view);
  in.Read("entities", view.entities);
  in.Read("source", view.source);
  in.Read("filter", view.filter);
  in.Read("columns", view.columns);
  for (const YamlNode::Ptr& item : in.Items("aggregations")) {
    view.aggregations.push_back(
        ReadAggregation(*spec.Find("aggregations")->object, *item, problems));
  }
  std::string since;
  in.Read("since", since);
  // A wrong one is a problem already.
  if (!since.empty()) view.since_micros = ParseTimestamp(since).value_or(0);
  in.Read("grace", view.grace_micros);
  in.Read("expected_freshness", view.expected_freshness_micros);
  std::string choice;
  in.Read("duplicates", choice);
  view.duplicates_counted = choice == "counted";
  in.Read("on_incomplete", choice);
  if (choice == "value") view.on_incomplete = OnIncomplete::kValue;
  in.Read("pii", view.pii);
  in.Read("critical", view.critical);
  view.misread = problems.size() > before;
  return view;
}

LiveSource ParseLiveRows(const YamlNode& node, std::vector<Problem>& problems) {
  const size_t before = problems.size();
  ObjectReader in(*BatchViewSpec().Find("live")->object, node, problems);
  LiveSource live{.at = node.at};
  in.Read("source", live.source);
  in.Read("filter", live.filter);
  in.Read("columns", live.columns);
  in.Read("deleted", live.deleted);
  in.Read("partial", live.partial);
  in.Read("expected_freshness", live.expected_freshness_micros);
  live.misread = problems.size() > before;
  return live;
}

}  // namespace freshet
