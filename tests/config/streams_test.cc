// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "config/canonical/canonical_streams.h"
#include "config/file/parse_streams.h"
#include "config/streams/stream_view.h"
#include "config/timestamp.h"

namespace freshet {
namespace {

using enum AggregateFunction;
using testing::HasSubstr;

constexpr int64_t kMinute = 60'000'000;
constexpr int64_t kDay = 1'440 * kMinute;

constexpr char kSource[] = R"yaml(
name: payments
fields:
  - {name: user, type: string}
  - {name: price, type: "decimal(10,2)"}
  - {name: paid_at, type: timestamp}
  - {name: id, type: int64}
timestamp_field: paid_at
id_field: id
deduplicate_for: 1h
max_future_skew: 30s
owner: payments@example.com
description: Every payment.
tags: {team: risk}
)yaml";

constexpr char kTopics[] = R"yaml(
name: clicks
fields:
  - {name: user, type: string}
  - {name: at, type: timestamp, encoding: millis, from: key.at}
timestamp_field: at
kafka:
  brokers: [a.example:9093, b.example:9093]
  security: sasl_ssl
  ca_file: /etc/ca.pem
  certificate_file: /etc/cert.pem
  key: {file: /etc/key.pem}
  key_password: {env: KEY_PASSWORD}
  mechanism: plain
  user: freshet
  password: {env: KAFKA_PASSWORD}
  isolation: read_uncommitted
  queue_max: 8MiB
  metadata_interval: 5s
  properties: {client.software.name: shop}
  topics: [clicks, clicks-eu]
  start: 2026-01-01T00:00:00Z
  format: avro
  envelope: debezium
  schema: |
    {"type": "record",
     "name": "click", "fields": []}
  message: Click
  schema_registry:
    url: https://registry.example:8081/api
    ca_file: /etc/registry.pem
    user: reader
    password: {file: /etc/registry}
    timeout: 9s
)yaml";

constexpr char kPushLog[] = R"yaml(
name: payments
fields:
  - {name: user, type: string}
  - {name: at, type: timestamp}
timestamp_field: at
push_log:
  brokers: [a.example:9093]
  security: sasl_ssl
  user: freshet
  password: {env: KAFKA_PASSWORD}
  queue_max: 8MiB
  topic: payments-log
  key_field: user
  delivery_timeout: 5s
)yaml";

constexpr char kView[] = R"yaml(
name: user_payments
entities: [user]
source: payments
filter: status = 'captured'
columns: {amount: price * 2}
aggregations:
  - column: amount
    functions: [sum, approx_percentile(0.99), "top_k(3, 50)"]
    windows: [10m, 7d]
  - functions: [count]
    windows: [lifetime]
    series: {window: 2w, count: 26}
    by: status
    max_groups: 20
  - functions: [count]
    windows: [10s, 2d]
    window_mode: exact
    force_exact: true
since: 2026-01-01T00:00:00Z
grace: 1h
owner: risk@example.com
description: What a user pays.
tags: {tier: "1"}
pii: true
critical: true
)yaml";

// Each problem with its line.
std::vector<std::string> Said(const std::vector<Problem>& problems) {
  std::vector<std::string> said;
  for (const Problem& problem : problems) {
    said.push_back(std::to_string(problem.at.line) + ": " + problem.message);
  }
  return said;
}

template <typename T>
T Parsed(const std::string& text,
         T (*parse)(const YamlNode&, std::vector<Problem>&)) {
  std::vector<Problem> problems;
  const YamlNode::Ptr node = ParseYaml(text, problems);
  T parsed = parse(*node, problems);
  EXPECT_THAT(Said(problems), testing::IsEmpty());
  return parsed;
}

template <typename T>
std::vector<std::string> ProblemsOf(const std::string& text,
                                    T (*parse)(const YamlNode&,
                                               std::vector<Problem>&)) {
  std::vector<Problem> problems;
  const YamlNode::Ptr node = ParseYaml(text, problems);
  EXPECT_TRUE(parse(*node, problems).misread);
  return Said(problems);
}

TEST(StreamSourceTest, EveryFieldIsRead) {
  const StreamSource source = Parsed(kSource, &ParseStreamSource);

  EXPECT_EQ(source.name, "payments");
  ASSERT_EQ(source.fields.size(), 4U);
  EXPECT_EQ(source.fields[1].name, "price");
  EXPECT_EQ(source.fields[1].type.ToString(), "decimal(10,2)");
  EXPECT_EQ(source.timestamp_field, "paid_at");
  EXPECT_EQ(source.id_field, "id");
  EXPECT_EQ(source.deduplicate_micros, 60 * kMinute);
  EXPECT_EQ(source.max_future_skew_micros, 30'000'000);
  EXPECT_EQ(source.owner, "payments@example.com");
  EXPECT_EQ(source.description, "Every payment.");
  EXPECT_EQ(source.tags.at("team"), "risk");
  EXPECT_EQ(source.at.line, 2);
}

TEST(StreamSourceTest, TopicsAreReadWithTheirCluster) {
  const StreamSource source = Parsed(kTopics, &ParseStreamSource);

  ASSERT_TRUE(source.kafka.has_value());
  const KafkaSource& kafka = *source.kafka;
  const KafkaSettings& cluster = kafka.cluster;
  EXPECT_THAT(cluster.brokers,
              testing::ElementsAre("a.example:9093", "b.example:9093"));
  EXPECT_EQ(cluster.security, KafkaSecurity::kSaslSsl);
  EXPECT_EQ(cluster.ca_file, "/etc/ca.pem");
  EXPECT_EQ(cluster.certificate_file, "/etc/cert.pem");
  EXPECT_EQ(cluster.key.file, "/etc/key.pem");
  EXPECT_EQ(cluster.key_password.env, "KEY_PASSWORD");
  EXPECT_EQ(cluster.mechanism, SaslMechanism::kPlain);
  EXPECT_EQ(cluster.user, "freshet");
  EXPECT_EQ(cluster.password.env, "KAFKA_PASSWORD");
  EXPECT_EQ(cluster.isolation, KafkaIsolation::kReadUncommitted);
  EXPECT_EQ(cluster.queue_bytes_max, 8 << 20);
  EXPECT_EQ(cluster.metadata_interval_ms, 5'000);
  EXPECT_EQ(cluster.properties.at("client.software.name"), "shop");
  EXPECT_THAT(kafka.topics, testing::ElementsAre("clicks", "clicks-eu"));
  EXPECT_EQ(kafka.start, TopicStart::kTime);
  EXPECT_EQ(FormatTimestamp(kafka.start_micros), "2026-01-01T00:00:00Z");
  EXPECT_EQ(kafka.at.line, 8);
}

TEST(StreamSourceTest, HowRecordsAreReadIsRead) {
  const StreamSource source = Parsed(kTopics, &ParseStreamSource);

  EXPECT_EQ(source.fields[0].encoding, ValueEncoding::kUsual);
  EXPECT_EQ(source.fields[0].from, "");
  EXPECT_EQ(source.fields[1].encoding, ValueEncoding::kMillis);
  EXPECT_EQ(source.fields[1].from, "key.at");
  const KafkaSource& kafka = *source.kafka;
  EXPECT_EQ(kafka.format, StreamFormat::kAvro);
  EXPECT_EQ(kafka.envelope, RecordEnvelope::kDebezium);
  EXPECT_EQ(kafka.schema,
            "{\"type\": \"record\",\n \"name\": \"click\", \"fields\": []}\n");
  EXPECT_EQ(kafka.schema_at.line, 25);
  EXPECT_EQ(kafka.message, "Click");
  ASSERT_TRUE(kafka.schema_registry.has_value());
  EXPECT_EQ(kafka.schema_registry->url, "https://registry.example:8081/api");
  EXPECT_EQ(kafka.schema_registry->ca_file, "/etc/registry.pem");
  EXPECT_EQ(kafka.schema_registry->user, "reader");
  EXPECT_EQ(kafka.schema_registry->password.file, "/etc/registry");
  EXPECT_EQ(kafka.schema_registry->timeout_ms, 9'000);
}

TEST(StreamSourceTest, ARegistryIsReachedByWhatGoesTogether) {
  const auto problem = [](SchemaRegistrySettings settings) {
    return std::string(CheckSchemaRegistry(settings).message());
  };
  const SecretSource secret = {.env = "", .file = "f"};
  EXPECT_EQ(problem({.url = "http://localhost:8081"}), "");
  EXPECT_EQ(problem({.url = "https://r/api/",
                     .ca_file = "c",
                     .user = "u",
                     .password = secret}),
            "");
  EXPECT_EQ(problem({.url = "ftp://r"}),
            "schema_registry: 'ftp://r' is no URL of http:// or https://");
  EXPECT_THAT(problem({.url = "http://u:p@r"}), HasSubstr("by 'user'"));
  EXPECT_THAT(problem({.url = "http://"}), HasSubstr("of a host and a path"));
  EXPECT_THAT(problem({.url = "http://r/?a"}), HasSubstr("a host and a path"));
  EXPECT_THAT(problem({.url = "http://r", .user = "u"}),
              HasSubstr("go together"));
  EXPECT_THAT(problem({.url = "http://r", .ca_file = "c"}),
              HasSubstr("'ca_file' is about https://"));
  EXPECT_THAT(problem({.url = "http://r",
                       .user = "u",
                       .password = {.env = "A", .file = "b"}}),
              HasSubstr("name one of them"));
}

TEST(StreamSourceTest, TopicsAreWrittenBackToTheSame) {
  StreamSource source = Parsed(kTopics, &ParseStreamSource);
  for (const TopicStart start :
       {TopicStart::kTime, TopicStart::kLatest, TopicStart::kEarliest}) {
    source.kafka->start = start;
    if (start != TopicStart::kTime) source.kafka->start_micros = 0;
    const std::string text = CanonicalSource(source).dump(1);
    EXPECT_EQ(CanonicalSource(Parsed(text, &ParseStreamSource)).dump(1), text);
    const StreamSource again = Parsed(text, &ParseStreamSource);
    EXPECT_EQ(again.kafka, source.kafka);
    EXPECT_EQ(again.fields[1].encoding, ValueEncoding::kMillis);
    EXPECT_EQ(again.fields[1].from, "key.at");
  }
}

TEST(StreamSourceTest, APushLogIsReadWithItsClusterAndWrittenBack) {
  const StreamSource source = Parsed(kPushLog, &ParseStreamSource);

  ASSERT_TRUE(source.push_log.has_value());
  const PushLogSource& log = *source.push_log;
  EXPECT_EQ(source.topics(), &log.read);
  EXPECT_TRUE(source.takes_pushes());
  EXPECT_EQ(log.topic(), "payments-log");
  EXPECT_EQ(log.read.start, TopicStart::kEarliest);
  EXPECT_EQ(log.key_field, "user");
  EXPECT_EQ(log.read.cluster.user, "freshet");
  EXPECT_EQ(log.read.cluster.password.env, "KAFKA_PASSWORD");
  EXPECT_EQ(log.read.cluster.queue_bytes_max, 8 << 20);
  EXPECT_EQ(log.read.cluster.delivery_timeout_ms, 5'000);
  EXPECT_EQ(log.read.at.line, 8);
  const std::string text = CanonicalSource(source).dump(1);
  EXPECT_EQ(Parsed(text, &ParseStreamSource).push_log, log);
  EXPECT_EQ(CanonicalSource(Parsed(text, &ParseStreamSource)).dump(1), text);
}

TEST(StreamSourceTest, WhatIsWrongOfTopicsIsSaid) {
  const auto with = [](const std::string& old, const std::string& now) {
    std::string text = kTopics;
    text.replace(text.find(old), old.size(), now);
    return ProblemsOf(text, &ParseStreamSource);
  };

  EXPECT_EQ(with("2026-01-01T00:00:00Z", "newest"),
            std::vector<std::string>{
                "22: 'start': takes earliest, latest or a moment, such as "
                "2013-12-31T23:59:59Z, not 'newest'"});
  EXPECT_EQ(with("[clicks, clicks-eu]", "[]"),
            std::vector<std::string>{
                "21: 'topics': is an empty list; it takes at least one"});
  EXPECT_EQ(with("{env: KAFKA_PASSWORD}", "secret"),
            std::vector<std::string>{
                "16: 'password': takes a mapping, not 'secret'"});
  EXPECT_EQ(with("mechanism: plain", "mechanism: PLAIN"),
            std::vector<std::string>{
                "14: 'mechanism': takes one of plain, scram_sha_256, "
                "scram_sha_512, not 'PLAIN'"});
}

TEST(StreamViewTest, EveryFieldIsRead) {
  const WindowedView view = Parsed(kView, &ParseStreamView);

  EXPECT_EQ(view.name, "user_payments");
  EXPECT_EQ(view.entities, std::vector<std::string>{"user"});
  EXPECT_EQ(view.source, "payments");
  EXPECT_EQ(view.filter, "status = 'captured'");
  EXPECT_EQ(view.columns.at("amount"), "price * 2");
  ASSERT_EQ(view.aggregations.size(), 3U);
  const Aggregation& amount = view.aggregations[0];
  EXPECT_EQ(amount.column, "amount");
  EXPECT_EQ(amount.functions,
            (std::vector<FunctionCall>{
                {.function = kSum},
                {.function = kApproxPercentile, .percentile = 0.99, .size = 10},
                {.function = kTopK, .n = 3, .size = 50}}));
  EXPECT_EQ(amount.windows_micros,
            (std::vector<int64_t>{10 * kMinute, 7 * kDay}));
  EXPECT_EQ(view.aggregations[1].windows_micros, std::vector<int64_t>{0});
  EXPECT_FALSE(amount.series.has_value());
  EXPECT_EQ(view.aggregations[1].by, "status");
  EXPECT_EQ(view.aggregations[1].max_groups, 20U);
  EXPECT_EQ(view.aggregations[1].series,
            (WindowSeries{.window_micros = 14 * kDay, .count = 26}));
  EXPECT_EQ(amount.mode, WindowMode::kSawtooth);
  EXPECT_FALSE(amount.force_exact);
  EXPECT_EQ(view.aggregations[2].mode, WindowMode::kExact);
  EXPECT_TRUE(view.aggregations[2].force_exact);
  EXPECT_EQ(FormatTimestamp(view.since_micros), "2026-01-01T00:00:00Z");
  EXPECT_EQ(view.grace_micros, 60 * kMinute);
  EXPECT_EQ(view.owner, "risk@example.com");
  EXPECT_EQ(view.description, "What a user pays.");
  EXPECT_EQ(view.tags.at("tier"), "1");
  EXPECT_TRUE(view.pii);
  EXPECT_TRUE(view.critical);
}

TEST(StreamViewTest, TheCanonicalTextIsReadBackToTheSame) {
  const std::string source =
      CanonicalSource(Parsed(kSource, &ParseStreamSource)).dump(1);
  const std::string view =
      CanonicalStreamView(Parsed(kView, &ParseStreamView)).dump(1);

  EXPECT_EQ(CanonicalSource(Parsed(source, &ParseStreamSource)).dump(1),
            source);
  EXPECT_EQ(CanonicalStreamView(Parsed(view, &ParseStreamView)).dump(1), view);
  EXPECT_THAT(source, HasSubstr("\"max_future_skew\": \"30s\""));
  EXPECT_THAT(source, HasSubstr("\"id_field\": \"id\""));
  EXPECT_THAT(source, HasSubstr("\"deduplicate_for\": \"1h\""));
  EXPECT_THAT(view, HasSubstr("\"top_k(3, 50)\""));
  EXPECT_THAT(view, HasSubstr("\"since\": \"2026-01-01T00:00:00Z\""));
  for (const char* field :
       {"owner", "description", "tags", "pii", "critical", "entities", "filter",
        "columns", "grace", "\"column\"", "lifetime",
        "\"window_mode\": \"exact\"", "\"force_exact\": true"}) {
    EXPECT_THAT(view, HasSubstr(field));
  }
}

TEST(StreamViewTest, WhatIsWrongIsSaidWhereItStands) {
  const std::string good = kView;
  const auto with = [&good](const std::string& old, const std::string& now) {
    std::string text = good;
    text.replace(text.find(old), old.size(), now);
    return ProblemsOf(text, &ParseStreamView);
  };

  EXPECT_EQ(with("[sum, ", "[sm, "),
            std::vector<std::string>{
                "9: 'functions': 'sm' is no function; did you mean 'sum'?"});
  EXPECT_EQ(with("(0.99)", "(1.5)"),
            std::vector<std::string>{
                "9: 'functions': 'percentile' of approx_percentile is 1.5, not "
                "0 to 1"});
  EXPECT_EQ(with("[10m, 7d]", "[9s, 7d]"),
            std::vector<std::string>{
                "10: 'windows': a window of 9s; one is 10s to 800d long, or "
                "'lifetime'"});
  EXPECT_EQ(with("mode: exact", "mode: precise"),
            std::vector<std::string>{
                "18: 'window_mode': takes one of sawtooth, exact, not "
                "'precise'"});
  EXPECT_EQ(with("[10m, 7d]", "7d"),
            std::vector<std::string>{"10: 'windows': takes a list, not '7d'"});
  EXPECT_EQ(with("filter:", "filtre:"),
            std::vector<std::string>{
                "5: stream feature view has no field 'filtre'; did "
                "you mean 'filter'?"});
}

// Nothing is taken back of what was added up: docs/semantics.md, rule 30.
TEST(StreamViewTest, Rule30ThereAreNoMutations) {
  std::string text = kView;
  text.insert(text.find("filter:"), "mutations: retract\n");
  EXPECT_THAT(ProblemsOf(text, &ParseStreamView),
              testing::ElementsAre(
                  HasSubstr("stream feature view has no field 'mutations'; ")));
}

TEST(FunctionTest, TextIsReadBack) {
  for (const std::string text :
       {"count", "sum", "stddev_pop", "last_n(5)", "first_n(1000)",
        "count_distinct", "count_distinct(50)", "approx_count_distinct(10)",
        "approx_percentile(0.5)", "approx_percentile(0.999, 5)", "top_k(3)",
        "top_k(200)", "top_k(3, 200)"}) {
    const auto call = ParseFunction(text);
    ASSERT_TRUE(call.ok()) << call.status();
    EXPECT_EQ(FunctionText(*call), text);
  }
  EXPECT_EQ(FunctionText(*ParseFunction("top_k( 3 ,100)")), "top_k(3)");
  for (const std::string& name : AggregateFunctionNames()) {
    EXPECT_NE(FindFunction(name), std::nullopt);
  }
}

TEST(FunctionTest, WhatItTakesIsSaid) {
  const auto problem = [](std::string_view text) {
    return std::string(ParseFunction(text).status().message());
  };

  EXPECT_EQ(problem("last_n"), "function 'last_n' takes how many, such as (5)");
  EXPECT_EQ(problem("last_n(2.5)"), problem("last_n"));
  EXPECT_EQ(problem("last_n(5, 6)"), problem("last_n"));
  EXPECT_EQ(problem("last_n()"), problem("last_n"));
  EXPECT_EQ(problem("last_n(5"), problem("last_n"));
  EXPECT_EQ(problem("last_n(-1)"), problem("last_n"));
  EXPECT_EQ(problem("sum(3)"), "function 'sum' takes nothing");
  EXPECT_THAT(problem("approx_percentile"), HasSubstr("takes a share"));
  EXPECT_EQ(problem("last_n(0)"), "'n' of last_n is 0, not 1 to 1000");
  EXPECT_THAT(problem("frobnicate"), HasSubstr("there are count, sum, mean"));
}

TEST(WindowTest, TextIsReadBack) {
  for (const std::string text :
       {"1m", "90s", "36h", "7d", "800d", "lifetime"}) {
    const auto micros = ParseWindow(text);
    ASSERT_TRUE(micros.ok()) << micros.status();
    EXPECT_EQ(WindowText(*micros), text);
  }
  EXPECT_EQ(WindowText(*ParseWindow("2w")), "14d");
  EXPECT_FALSE(ParseWindow("9s").ok());
  EXPECT_FALSE(ParseWindow("801d").ok());
  EXPECT_FALSE(ParseWindow("0").ok());
  EXPECT_FALSE(ParseWindow("for ever").ok());
}

}  // namespace
}  // namespace freshet
