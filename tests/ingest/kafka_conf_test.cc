// SPDX-License-Identifier: Apache-2.0
#include "ingest/kafka/client/kafka_conf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <string>

#include "ingest/kafka/client/kafka_status.h"
#include "ingest/kafka/client/secret.h"
#include "ingest/kafka/kafka_reader.h"
#include "tests/fakes/temp_dir.h"

namespace freshet {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kSecret[] = "correct-horse-battery";

KafkaSettings Plain() {
  KafkaSettings settings;
  settings.brokers = {"a.example:9092", "b.example:9092"};
  return settings;
}

KafkaSettings Sasl() {
  KafkaSettings settings = Plain();
  settings.security = KafkaSecurity::kSaslSsl;
  settings.user = "freshet";
  settings.password.env = "FRESHET_TEST_PASSWORD";
  return settings;
}

std::string Get(const KafkaConf& conf, const char* name) {
  std::array<char, 512> value{};
  size_t size = value.size();
  EXPECT_EQ(rd_kafka_conf_get(conf.get(), name, value.data(), &size),
            RD_KAFKA_CONF_OK)
      << name;
  return value.data();
}

std::string Refusal(const KafkaSettings& settings) {
  const auto conf = MakeReaderConf(settings);
  return std::string(conf.status().message());
}

std::string RefusalOf(const std::string& property, const std::string& value) {
  KafkaSettings settings = Plain();
  settings.properties[property] = value;
  return Refusal(settings);
}

TEST(KafkaConfTest, AReaderHasNoGroupAndNeverJumps) {
  const auto conf = MakeReaderConf(Plain());
  ASSERT_TRUE(conf.ok()) << conf.status();
  EXPECT_EQ(Get(*conf, "bootstrap.servers"), "a.example:9092,b.example:9092");
  size_t size = 0;
  EXPECT_EQ(rd_kafka_conf_get(conf->get(), "group.id", nullptr, &size),
            RD_KAFKA_CONF_UNKNOWN);  // Not set.
  EXPECT_EQ(Get(*conf, "auto.offset.reset"), "error");
  EXPECT_EQ(Get(*conf, "isolation.level"), "read_committed");
  EXPECT_EQ(Get(*conf, "queued.max.messages.kbytes"), "65536");
  EXPECT_EQ(Get(*conf, "check.crcs"), "true");
}

TEST(KafkaConfTest, AWriterIsIdempotentAndWaitsForAllReplicas) {
  const auto conf = MakeWriterConf(Plain());
  ASSERT_TRUE(conf.ok()) << conf.status();
  EXPECT_EQ(Get(*conf, "enable.idempotence"), "true");
  EXPECT_EQ(Get(*conf, "acks"), "-1");
  EXPECT_EQ(Get(*conf, "queue.buffering.max.kbytes"), "65536");
  EXPECT_EQ(Get(*conf, "delivery.timeout.ms"), "30000");
}

TEST(KafkaConfTest, PropertiesGoToLibrdkafka) {
  KafkaSettings settings = Plain();
  settings.properties = {{"check.crcs", "false"}, {"linger.ms", "7"}};
  EXPECT_EQ(Get(*MakeReaderConf(settings), "check.crcs"), "false");
  EXPECT_EQ(Get(*MakeWriterConf(settings), "linger.ms"), "7");
  EXPECT_THAT(RefusalOf("no.such.thing", "1"),
              HasSubstr("kafka property 'no.such.thing' is refused"));
  EXPECT_THAT(RefusalOf("socket.timeout.ms", "soon"),
              HasSubstr("socket.timeout.ms"));
}

TEST(KafkaConfTest, WhatFreshetDecidesMayNotBeSet) {
  for (const char* name : {"group.id",
                           "group.instance.id",
                           "enable.auto.commit",
                           "enable.auto.offset.store",
                           "auto.commit.interval.ms",
                           "auto.offset.reset",
                           "enable.partition.eof",
                           "isolation.level",
                           "bootstrap.servers",
                           "metadata.broker.list",
                           "client.id",
                           "security.protocol",
                           "sasl.mechanism",
                           "sasl.mechanisms",
                           "sasl.username",
                           "sasl.password",
                           "ssl.key.pem",
                           "ssl.key.password",
                           "ssl.key.location",
                           "ssl.keystore.password",
                           "ssl.certificate.pem",
                           "sasl.oauthbearer.client.secret",
                           "acks",
                           "request.required.acks",
                           "enable.idempotence",
                           "retries",
                           "max.in.flight",
                           "max.in.flight.requests.per.connection",
                           "transactional.id",
                           "message.timeout.ms",
                           "plugin.library.paths",
                           "sasl.kerberos.kinit.cmd",
                           "allow.auto.create.topics",
                           "test.mock.num.brokers",
                           "queuing.strategy",
                           "client.rack"}) {
    EXPECT_THAT(RefusalOf(name, kSecret),
                HasSubstr(std::string("'") + name + "' may not be set"));
    EXPECT_THAT(RefusalOf(name, kSecret), Not(HasSubstr(kSecret)));
  }
}

TEST(KafkaConfTest, PropertiesAreBounded) {
  KafkaSettings settings = Plain();
  for (int i = 0; i < 65; ++i) {
    settings.properties["p" + std::to_string(i)] = "1";
  }
  EXPECT_THAT(Refusal(settings), HasSubstr("at most 64"));
  EXPECT_THAT(RefusalOf("debug", std::string(5000, 'x')),
              HasSubstr("at most 4096"));
}

TEST(KafkaConfTest, APasswordComesFromTheEnvironmentOrAFile) {
  const TempDir dir;
  std::ofstream(dir.File("password")) << kSecret << "\n";
  ASSERT_EQ(setenv("FRESHET_TEST_PASSWORD", kSecret, 1), 0);

  KafkaSettings settings = Sasl();
  const auto by_env = MakeReaderConf(settings);
  settings.password = {.env = "", .file = dir.File("password")};
  const auto by_file = MakeWriterConf(settings);

  ASSERT_TRUE(by_env.ok()) << by_env.status();
  ASSERT_TRUE(by_file.ok()) << by_file.status();
  EXPECT_EQ(Get(*by_env, "sasl.password"), kSecret);
  EXPECT_EQ(Get(*by_file, "sasl.password"), kSecret);
  EXPECT_EQ(Get(*by_env, "security.protocol"), "sasl_ssl");
  EXPECT_EQ(Get(*by_env, "sasl.mechanism"), "SCRAM-SHA-512");
  EXPECT_EQ(Get(*by_env, "sasl.username"), "freshet");
  unsetenv("FRESHET_TEST_PASSWORD");
}

TEST(KafkaConfTest, ASecretThatIsNotThereIsNamed) {
  unsetenv("FRESHET_TEST_PASSWORD");
  EXPECT_THAT(Refusal(Sasl()), HasSubstr("'FRESHET_TEST_PASSWORD' is not set"));
  KafkaSettings settings = Sasl();
  settings.password = {.env = "", .file = "/nonexistent/password"};
  EXPECT_THAT(Refusal(settings), HasSubstr("/nonexistent/password"));
  settings.password = {.env = "A", .file = "b"};
  EXPECT_THAT(Refusal(settings), HasSubstr("name one of them"));
}

TEST(KafkaConfTest, AKeyThatIsNoKeyIsRefusedWithoutBeingShown) {
  const TempDir dir;
  std::ofstream(dir.File("key.pem")) << kSecret;
  std::ofstream(dir.File("cert.pem")) << "no certificate";
  KafkaSettings settings = Plain();
  settings.security = KafkaSecurity::kSsl;
  settings.certificate_file = dir.File("cert.pem");
  settings.key = {.env = "", .file = dir.File("key.pem")};
  std::string said;

  const auto reader = KafkaReader::Open(
      settings, {{.topic = "t"}},
      [&](const std::string& sentence, bool) { said += sentence; });

  ASSERT_FALSE(reader.ok());
  EXPECT_THAT(std::string(reader.status().message()), Not(HasSubstr(kSecret)));
  EXPECT_THAT(said, Not(HasSubstr(kSecret)));
}

TEST(KafkaConfTest, SettingsThatDoNotFitAreRefused) {
  KafkaSettings settings;
  EXPECT_THAT(Refusal(settings), HasSubstr("no brokers"));
  settings = Sasl();
  settings.user.clear();
  EXPECT_THAT(Refusal(settings), HasSubstr("wants a user and a password"));
  settings = Sasl();
  settings.security = KafkaSecurity::kSsl;
  EXPECT_THAT(Refusal(settings), HasSubstr("use sasl_ssl"));
  settings = Plain();
  settings.certificate_file = "cert.pem";
  EXPECT_THAT(Refusal(settings), HasSubstr("go together"));
  settings = Plain();
  settings.queue_bytes_max = 1000;
  EXPECT_THAT(Refusal(settings), HasSubstr("queue_bytes_max is 1000"));
  settings = Plain();
  settings.metadata_interval_ms = 5;
  EXPECT_THAT(Refusal(settings), HasSubstr("metadata_interval_ms is 5"));
}

TEST(KafkaConfTest, ErrorsKeepWhatTheyMean) {
  const auto code = [](rd_kafka_resp_err_t error) {
    return FromKafka(error, "x").code();
  };
  EXPECT_EQ(code(RD_KAFKA_RESP_ERR_NO_ERROR), absl::StatusCode::kOk);
  EXPECT_EQ(code(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(code(RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(code(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(code(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED),
            absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(code(RD_KAFKA_RESP_ERR__QUEUE_FULL),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(FromKafka(RD_KAFKA_RESP_ERR__TRANSPORT, "reading").message(),
            "reading: Local: Broker transport failure (_TRANSPORT)");
}

}  // namespace
}  // namespace freshet
