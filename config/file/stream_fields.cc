// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "config/file/common_fields.h"
#include "config/names.h"

namespace freshet {
namespace {

using enum FieldKind;

const ObjectSpec& SecretSpec() {
  static const ObjectSpec spec = {
      .name = "secret",
      .doc =
          "Where a secret is: one of the two. It is read whenever a connection "
          "is made, and stands in no definition, log or error.",
      .fields = {
          {.name = "env", .doc = "A variable in the daemon's environment."},
          {.name = "file", .doc = "A file that the daemon may read."},
      }};
  return spec;
}

// How a cluster is reached.
std::vector<FieldSpec> KafkaClusterFields() {
  return {
      {.name = "brokers",
       .kind = kTexts,
       .doc = "Some of the cluster's, as host:port.",
       .required = true},
      {.name = "security",
       .kind = kChoice,
       .doc = "How brokers are spoken to.",
       .default_text = "plaintext",
       .choices = KafkaSecurityNames()},
      {.name = "ca_file",
       .doc = "The authorities that brokers' certificates are checked by, in "
              "PEM. Not given: the system's."},
      {.name = "certificate_file",
       .doc = "The daemon's certificate, in PEM, where brokers ask for one."},
      {.name = "key",
       .kind = kObject,
       .doc = "The key to `certificate_file`, in PEM.",
       .object = &SecretSpec()},
      {.name = "key_password",
       .kind = kObject,
       .doc = "The password of `key`.",
       .object = &SecretSpec()},
      {.name = "mechanism",
       .kind = kChoice,
       .doc = "How `user` and `password` are shown, for `sasl_plaintext` and "
              "`sasl_ssl`.",
       .default_text = "scram_sha_512",
       .choices = SaslMechanismNames()},
      {.name = "user", .doc = "For `sasl_plaintext` and `sasl_ssl`."},
      {.name = "password",
       .kind = kObject,
       .doc = "For `sasl_plaintext` and `sasl_ssl`.",
       .object = &SecretSpec()},
      {.name = "isolation",
       .kind = kChoice,
       .doc = "Whether records of transactions count once they are committed, "
              "or before.",
       .default_text = "read_committed",
       .choices = KafkaIsolationNames()},
      {.name = "queue_max",
       .kind = kSize,
       .doc = "What may be fetched ahead of what is written, and what may be "
              "pushed ahead of what is acknowledged, in memory.",
       .default_text = "64MiB",
       .min = 1 << 20},
      {.name = "metadata_interval",
       .kind = kDuration,
       .doc = "How soon partitions that are added are seen.",
       .default_text = "30s",
       .min = 1'000'000,
       .choices = {"s", "m", "h"}},
      {.name = "properties",
       .kind = kTextMap,
       .doc = "Settings of librdkafka by its own names, for what has no field "
              "here."},
  };
}

const ObjectSpec& PushLogSpec() {
  static const ObjectSpec spec = [] {
    ObjectSpec log = {
        .name = "push log",
        .doc =
            "The topic that pushed events are written to, one JSON object "
            "each, before they are acknowledged: see "
            "[Push logs](streaming.md#push-logs). Nothing else writes to "
            "it.",
        .fields = KafkaClusterFields()};
    log.fields.push_back({.name = "topic",
                          .doc = "It is there already, and keeps records for "
                                 "longer than a daemon may be away.",
                          .required = true});
    log.fields.push_back(
        {.name = "key_field",
         .kind = kColumnName,
         .doc = "The field whose value is the key of its record: events of one "
                "value are in one partition, in the order in which they were "
                "pushed. Not given: `id_field`."});
    log.fields.push_back(
        {.name = "delivery_timeout",
         .kind = kDuration,
         .doc = "After so long a push that is not acknowledged is UNAVAILABLE.",
         .default_text = "30s",
         .min = 1'000'000,
         .max = 600'000'000,
         .choices = {"s", "m"}});
    return log;
  }();
  return spec;
}

const ObjectSpec& SchemaRegistrySpec() {
  static const ObjectSpec spec = {
      .name = "schema registry",
      .doc = "A registry that speaks Confluent's protocol.",
      .fields = {
          {.name = "url",
           .doc = "`http://` or `https://`, host, port and path.",
           .required = true},
          {.name = "ca_file",
           .doc = "The authorities that its certificate is checked by, in "
                  "PEM. Not given: the system's."},
          {.name = "user", .doc = "For basic authentication."},
          {.name = "password",
           .kind = kObject,
           .doc = "For basic authentication.",
           .object = &SecretSpec()},
          {.name = "timeout",
           .kind = kDuration,
           .doc = "How long one request may take.",
           .default_text = "5s",
           .min = 1'000'000,
           .max = 30'000'000,
           .choices = {"s"}},
      }};
  return spec;
}

// What records are.
std::vector<FieldSpec> RecordFields() {
  return {
      {.name = "format",
       .kind = kChoice,
       .doc = "What the values of records are. `json`: objects, whose members "
              "are `fields`. `avro`: records of Avro, `protobuf`: messages of "
              "it, as `schema` or `schema_registry` says.",
       .required = true,
       .choices = StreamFormatNames()},
      {.name = "envelope",
       .kind = kChoice,
       .doc = "`debezium`: a value is a change of a row of a database, and "
              "`fields` are the row's: "
              "[Changes of a database](streaming.md#changes-of-a-database).",
       .default_text = "none",
       .choices = RecordEnvelopeNames()},
      {.name = "schema",
       .doc = "For `avro` and `protobuf`: the schema that all values are "
              "written by, as a text of JSON, or a `.proto` file. They begin "
              "with their first member."},
      {.name = "message",
       .doc =
           "For `protobuf` with `schema`: which of its messages values are."},
      {.name = "schema_registry",
       .kind = kObject,
       .doc = "For `avro` and `protobuf`: values begin with a zero byte and "
              "the number of the schema that they are written by, in four "
              "bytes, which the registry is asked for.",
       .object = &SchemaRegistrySpec()},
  };
}

const ObjectSpec& KafkaSpec() {
  static const ObjectSpec spec = [] {
    ObjectSpec kafka = {
        .name = "kafka",
        .doc =
            "The topics that events come from. Each daemon reads all of "
            "their partitions, without a consumer group, and keeps offsets "
            "with what it made of the records: each counts once.",
        .fields = KafkaClusterFields()};
    kafka.fields.push_back({.name = "topics",
                            .kind = kTexts,
                            .doc = "One or several. One that is added is read "
                                   "from `start` on.",
                            .required = true});
    kafka.fields.push_back(
        {.name = "start",
         .kind = kTopicStart,
         .doc = "Where reading a topic begins that was not read before. A "
                "timestamp: with the first record that is not older.",
         .default_text = "earliest"});
    std::vector<FieldSpec> records = RecordFields();
    for (FieldSpec& field : records) {
      kafka.fields.push_back(std::move(field));
    }
    return kafka;
  }();
  return spec;
}

std::vector<FieldSpec> StreamSourceFields() {
  return {
      {.name = "name",
       .kind = kName,
       .doc = "What views and `freshet push` call it.",
       .required = true},
      {.name = "fields",
       .kind = kObjects,
       .doc = "What its events have.",
       .required = true,
       .object = &StreamFieldSpec()},
      {.name = "timestamp_field",
       .kind = kColumnName,
       .doc = "The field that says when it happened: a timestamp.",
       .required = true},
      {.name = "id_field",
       .kind = kColumnName,
       .doc = "The field that tells one event from another: string, int64 or "
              "bytes. With it an event that comes again counts once; one in "
              "which it is null always counts."},
      {.name = "deduplicate_for",
       .kind = kDuration,
       .doc = "How long after it came last an event is known by its "
              "`id_field`. About 80 bytes of memory for each event in that "
              "time.",
       .default_text = "10m",
       .min = 1'000'000,
       .max = 86'400'000'000,
       .choices = {"s", "m", "h", "d"}},
      {.name = "max_future_skew",
       .kind = kDuration,
       .doc = "Events that are further ahead of this machine's clock are "
              "refused; those that are less wait for their time.",
       .default_text = "5m",
       .max = 86'400'000'000,
       .choices = {"ms", "s", "m", "h", "d"}},
      {.name = "kafka",
       .kind = kObject,
       .doc = "Topics that its events are read from. A source has this, "
              "`push_log` or `single_node`.",
       .object = &KafkaSpec()},
      {.name = "push_log",
       .kind = kObject,
       .doc = "Applications may push its events to any daemon: each is in a "
              "topic before it is acknowledged, and every daemon reads it from "
              "there.",
       .object = &PushLogSpec()},
      {.name = "single_node",
       .kind = kFlag,
       .doc = "Whether applications may push its events to this daemon. What "
              "was acknowledged is on this machine's disk and nowhere else: "
              "if the disk is lost, so is it.",
       .default_text = "false"},
      OwnerField("Who is asked about it."),
      DescriptionField(false),
      TagsField(false),
  };
}

std::vector<FieldSpec> StreamViewFields() {
  return {
      {.name = "name",
       .kind = kName,
       .doc = "What services and `freshet` call it.",
       .required = true},
      {.name = "entities",
       .kind = kNames,
       .doc = "The entities that events are about. Their join keys, in order, "
              "are the key; each is one of `columns` or a field of the source.",
       .required = true},
      {.name = "source",
       .kind = kName,
       .doc = "One of `stream_sources`.",
       .required = true},
      {.name = "filter",
       .doc = "An [expression](expressions.md): only events of which it is "
              "true count."},
      {.name = "columns",
       .kind = kColumnMap,
       .doc = "Values computed from each event, as name: "
              "[expression](expressions.md)."},
      {.name = "aggregations",
       .kind = kObjects,
       .doc = "What is computed.",
       .required = true,
       .object = &AggregationSpec()},
      {.name = "since",
       .kind = kTimestamp,
       .doc = "When windows without a length begin: the start of a day in UTC. "
              "Required with `lifetime`."},
      {.name = "grace",
       .kind = kDuration,
       .doc = "An event counts if it comes no later than the longest window "
              "and this after it happened.",
       .default_text = "0",
       .choices = FromSeconds()},
      HistoryField(),
      ExpectedFreshnessField(),
      {.name = "duplicates",
       .kind = kChoice,
       .doc = "`counted`: an event that is pushed twice counts twice. To be "
              "said where the source takes pushes and has no `id_field`.",
       .choices = {"counted"}},
      {.name = "on_incomplete",
       .kind = kChoice,
       .doc = "What a window answers that reaches back to before everything "
              "is known, with the status INCOMPLETE: `nothing`, or the `value` "
              "of what is known, whose cause is then PARTIAL.",
       .default_text = "nothing",
       .choices = {"nothing", "value"}},
      OwnerField("Who is asked and paged: alerts carry it."),
      DescriptionField(true),
      TagsField(true),
      {.name = "pii",
       .kind = kFlag,
       .doc = "Whether its events are about persons. `freshet describe` says "
              "so.",
       .default_text = "false"},
      CriticalField(),
  };
}

}  // namespace

const ObjectSpec& StreamSourceSpec() {
  static const ObjectSpec spec = {.name = "stream source",
                                  .doc = "Events of one kind, as they happen.",
                                  .fields = StreamSourceFields()};
  return spec;
}

const ObjectSpec& StreamViewSpec() {
  static const ObjectSpec spec = {
      .name = "stream feature view",
      .doc =
          "Features computed over windows of events: "
          "[Streaming](streaming.md).",
      .fields = StreamViewFields()};
  return spec;
}

}  // namespace freshet
