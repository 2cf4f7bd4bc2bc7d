// SPDX-License-Identifier: Apache-2.0
#include "config/file/common_fields.h"
#include "config/names.h"

namespace freshet {
namespace {

using enum FieldKind;

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
                  "days, or `lifetime`.",
           .required = true},
      }};
  return spec;
}

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
       .doc = "What may be fetched ahead of what is written, in memory.",
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
    kafka.fields.push_back({.name = "format",
                            .kind = kChoice,
                            .doc = "What the values of records are. `json`: "
                                   "objects, whose members are `fields`.",
                            .required = true,
                            .choices = StreamFormatNames()});
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
       .doc = "Topics that its events are read from. A source has this or "
              "`single_node`.",
       .object = &KafkaSpec()},
      {.name = "single_node",
       .kind = kFlag,
       .doc = "Whether applications may push its events to this daemon. What "
              "was acknowledged is on this machine's disk and nowhere else: "
              "if the disk is lost, so is it.",
       .default_text = "false"},
      OwnerField("Who is asked about it."),
      DescriptionField(true),
      TagsField(true),
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

const ObjectSpec& LiveRowsSpec() {
  static const ObjectSpec spec = {
      .name = "live",
      .doc =
          "Rows that come one by one, each an event of a stream source, and "
          "lie "
          "over the snapshot's: [Rows](streaming.md#rows).",
      .fields = {
          {.name = "source",
           .kind = kName,
           .doc = "One of `stream_sources`.",
           .required = true},
          {.name = "filter",
           .doc = "An [expression](expressions.md): only events of which it is "
                  "true are rows."},
          {.name = "columns",
           .kind = kColumnMap,
           .doc = "Join key or feature: an [expression](expressions.md), where "
                  "it is not the field of its name."},
          {.name = "deleted",
           .doc = "An [expression](expressions.md) of type bool: whether the "
                  "event says that its key was deleted."},
          {.name = "partial",
           .kind = kFlag,
           .doc = "Whether an event changes only the features that it says "
                  "something of. Else one that it says nothing of becomes "
                  "NULL.",
           .default_text = "false"},
      }};
  return spec;
}

}  // namespace

FieldSpec LiveRowsField() {
  return {.name = "live",
          .kind = kObject,
          .doc =
              "Rows that come one by one, over those of snapshots or instead "
              "of them.",
          .object = &LiveRowsSpec()};
}

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
