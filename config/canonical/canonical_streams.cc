// SPDX-License-Identifier: Apache-2.0
#include "config/canonical/canonical_streams.h"

#include "config/names.h"
#include "config/timestamp.h"

namespace freshet {
namespace {

using Json = CanonicalFields::Json;

Json OfField(const StreamField& field) {
  Json json = {{"name", field.name}, {"type", field.type.ToString()}};
  if (field.encoding != ValueEncoding::kUsual) {
    json["encoding"] = ValueEncodingName(field.encoding);
  }
  if (!field.from.empty()) json["from"] = field.from;
  return json;
}

Json OfSeries(const WindowSeries& series) {
  return {{"window", WindowText(series.window_micros)},
          {"count", series.count}};
}

Json OfAggregation(const Aggregation& aggregation) {
  CanonicalFields out;
  out.Text("column", aggregation.column);
  out.Any("functions", EachOf(aggregation.functions, FunctionText));
  out.Any("windows", EachOf(aggregation.windows_micros, WindowText));
  if (aggregation.series) out.Any("series", OfSeries(*aggregation.series));
  if (aggregation.mode != WindowMode::kSawtooth) {
    out.Text("window_mode", WindowModeName(aggregation.mode));
  }
  out.Flag("force_exact", aggregation.force_exact);
  out.Text("by", aggregation.by);
  if (aggregation.max_groups != Aggregation().max_groups) {
    out.Any("max_groups", aggregation.max_groups);
  }
  return out.Take();
}

Json OfSecret(const SecretSource& secret) {
  CanonicalFields out;
  out.Text("env", secret.env);
  out.Text("file", secret.file);
  return out.Take();
}

void AddCluster(const KafkaSettings& cluster, CanonicalFields& out) {
  const KafkaSettings defaults;
  out.Any("brokers", cluster.brokers);
  if (cluster.security != defaults.security) {
    out.Text("security", KafkaSecurityName(cluster.security));
  }
  out.Text("ca_file", cluster.ca_file);
  out.Text("certificate_file", cluster.certificate_file);
  out.Any("key", OfSecret(cluster.key));
  out.Any("key_password", OfSecret(cluster.key_password));
  if (cluster.mechanism != defaults.mechanism) {
    out.Text("mechanism", SaslMechanismName(cluster.mechanism));
  }
  out.Text("user", cluster.user);
  out.Any("password", OfSecret(cluster.password));
  if (cluster.isolation != defaults.isolation) {
    out.Text("isolation", KafkaIsolationName(cluster.isolation));
  }
  if (cluster.queue_bytes_max != defaults.queue_bytes_max) {
    out.Text("queue_max", FormatSize(cluster.queue_bytes_max));
  }
  if (cluster.metadata_interval_ms != defaults.metadata_interval_ms) {
    out.Duration("metadata_interval", cluster.metadata_interval_ms * 1'000);
  }
  out.Texts("properties", cluster.properties);
}

Json OfRegistry(const SchemaRegistrySettings& registry) {
  const SchemaRegistrySettings defaults;
  CanonicalFields out;
  out.Text("url", registry.url);
  out.Text("ca_file", registry.ca_file);
  out.Text("user", registry.user);
  out.Any("password", OfSecret(registry.password));
  if (registry.timeout_ms != defaults.timeout_ms) {
    out.Duration("timeout", registry.timeout_ms * 1'000);
  }
  return out.Take();
}

Json OfKafka(const KafkaSource& kafka) {
  CanonicalFields out;
  AddCluster(kafka.cluster, out);
  out.Any("topics", kafka.topics);
  if (kafka.start == TopicStart::kLatest) out.Text("start", "latest");
  if (kafka.start == TopicStart::kTime) {
    out.Text("start", FormatTimestamp(kafka.start_micros));
  }
  out.Text("format", StreamFormatName(kafka.format));
  if (kafka.envelope != RecordEnvelope::kNone) {
    out.Text("envelope", RecordEnvelopeName(kafka.envelope));
  }
  out.Text("schema", kafka.schema);
  out.Text("message", kafka.message);
  if (kafka.schema_registry) {
    out.Any("schema_registry", OfRegistry(*kafka.schema_registry));
  }
  return out.Take();
}

Json OfPushLog(const PushLogSource& log) {
  const KafkaSettings defaults;
  const KafkaSettings& cluster = log.read.cluster;
  CanonicalFields out;
  AddCluster(cluster, out);
  out.Text("topic", log.topic());
  out.Text("key_field", log.key_field);
  if (cluster.delivery_timeout_ms != defaults.delivery_timeout_ms) {
    out.Duration("delivery_timeout", cluster.delivery_timeout_ms * 1'000);
  }
  return out.Take();
}

}  // namespace

Json CanonicalSource(const StreamSource& source) {
  const StreamSource defaults{.name = ""};
  CanonicalFields out;
  out.About(source);
  out.Any("fields", EachOf(source.fields, OfField));
  out.Text("timestamp_field", source.timestamp_field);
  out.Text("id_field", source.id_field);
  if (source.deduplicate_micros != defaults.deduplicate_micros) {
    out.Duration("deduplicate_for", source.deduplicate_micros);
  }
  Json json = out.Take();
  // Set directly: 0 is not the default.
  if (source.max_future_skew_micros != defaults.max_future_skew_micros) {
    json["max_future_skew"] = FormatDuration(source.max_future_skew_micros);
  }
  if (source.kafka) json["kafka"] = OfKafka(*source.kafka);
  if (source.push_log) json["push_log"] = OfPushLog(*source.push_log);
  if (source.single_node) json["single_node"] = true;
  return json;
}

Json CanonicalLiveRows(const LiveSource& live) {
  CanonicalFields out;
  out.Text("source", live.source);
  out.Text("filter", live.filter);
  out.Texts("columns", live.columns);
  out.Text("deleted", live.deleted);
  out.Flag("partial", live.partial);
  out.Duration("expected_freshness", live.expected_freshness_micros);
  return out.Take();
}

Json CanonicalStreamView(const WindowedView& view) {
  CanonicalFields out;
  out.About(view);
  out.Flag("pii", view.pii);
  out.Flag("critical", view.critical);
  out.Any("entities", view.entities);
  out.Text("source", view.source);
  out.Text("filter", view.filter);
  out.Texts("columns", view.columns);
  out.Any("aggregations", EachOf(view.aggregations, OfAggregation));
  if (view.since_micros != 0) {
    out.Text("since", FormatTimestamp(view.since_micros));
  }
  out.Duration("grace", view.grace_micros);
  out.Duration("expected_freshness", view.expected_freshness_micros);
  if (view.duplicates_counted) out.Text("duplicates", "counted");
  if (view.on_incomplete == OnIncomplete::kValue) {
    out.Text("on_incomplete", "value");
  }
  return out.Take();
}

}  // namespace freshet
