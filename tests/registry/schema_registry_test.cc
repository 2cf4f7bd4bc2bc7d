// SPDX-License-Identifier: Apache-2.0
#include "ingest/registry/schema_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <string>

#include "base/file.h"
#include "tests/fakes/temp_dir.h"
#include "tests/registry/http_answers.h"

namespace freshet {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr char kNoSchema[] = R"({"error_code": 40403})";

class SchemaRegistryTest : public testing::Test {
 protected:
  std::string Problem(SchemaRegistrySettings settings) {
    const auto schema = SchemaRegistry(std::move(settings)).Find(5);
    EXPECT_FALSE(schema.ok());
    return schema.status().ToString();
  }
  // Of one that says the same for as long as it takes.
  std::string ProblemOnceBelieved() {
    SchemaRegistry registry(Settings(), [this] { return now_; });
    EXPECT_FALSE(registry.Find(5).ok());
    now_ += std::chrono::minutes(1);
    return registry.Find(5).status().ToString();
  }
  SchemaRegistrySettings Settings() const { return {.url = server_.url()}; }

  HttpAnswers server_;
  SchemaRegistry::Instant now_{std::chrono::hours(1)};
};

TEST_F(SchemaRegistryTest, ASchemaIsAskedForByItsNumber) {
  server_.Answer(200, R"({"schema": "\"long\""})");

  const auto schema = SchemaRegistry({.url = server_.url() + "/api/"}).Find(5);

  ASSERT_TRUE(schema.ok()) << schema.status();
  EXPECT_EQ(schema->text, "\"long\"");
  EXPECT_EQ(schema->type, "AVRO");
  EXPECT_FALSE(schema->refers);
  ASSERT_EQ(server_.asked().size(), 1U);
  EXPECT_THAT(server_.asked()[0],
              AllOf(StartsWith("GET /api/schemas/ids/5 HTTP/1.1\r\n"),
                    Not(HasSubstr("Authorization"))));
}

TEST_F(SchemaRegistryTest, ASchemasTypeAndReferencesAreTold) {
  server_.Answer(200, R"({"schemaType": "PROTOBUF", "schema": "x",
      "references": [{"name": "a", "subject": "b", "version": 1}]})");

  const auto schema = SchemaRegistry(Settings()).Find(5);

  ASSERT_TRUE(schema.ok()) << schema.status();
  EXPECT_EQ(schema->type, "PROTOBUF");
  EXPECT_TRUE(schema->refers);
}

TEST_F(SchemaRegistryTest, OnlyTheRegistryItselfIsBelievedThatThereIsNone) {
  server_.Answer(404,
                 R"({"error_code": 40403, "message": "Schema not found"})");
  EXPECT_THAT(ProblemOnceBelieved(), StartsWith("NOT_FOUND: "));
  for (const char* body :
       {"<html>no such page</html>", "", "{}", R"({"error_code": 404})",
        R"({"error_code": "40403"})", "[40403]"}) {
    server_.Answer(404, body);
    EXPECT_THAT(ProblemOnceBelieved(),
                AllOf(StartsWith("UNAVAILABLE: schema 5 of the registry http:"),
                      HasSubstr("it answers with HTTP 404")))
        << body;
  }
}

TEST_F(SchemaRegistryTest, ThatThereIsNoneIsBelievedOnceItHasHeld) {
  SchemaRegistry registry(Settings(), [this] { return now_; });
  const auto code_of = [&](int32_t id) {
    return registry.Find(id).status().code();
  };
  constexpr auto kAway = absl::StatusCode::kUnavailable;
  constexpr auto kNone = absl::StatusCode::kNotFound;
  server_.Answer(404, kNoSchema);
  EXPECT_THAT(registry.Find(5).status().ToString(),
              AllOf(StartsWith("UNAVAILABLE: schema 5 of the registry http:"),
                    HasSubstr("it has none of that number, not yet perhaps")));
  now_ += std::chrono::milliseconds(4'999);
  EXPECT_EQ(code_of(5), kAway);
  // Another node of it has heard.
  server_.Answer(200, R"({"schema": "x"})");
  EXPECT_EQ(code_of(5), absl::StatusCode::kOk);
  server_.Answer(404, kNoSchema);
  EXPECT_EQ(code_of(5), kAway);
  now_ += std::chrono::seconds(5);
  EXPECT_EQ(code_of(5), kNone);
  // Others are not waited for, for a while.
  EXPECT_EQ(code_of(6), kNone);
  now_ += std::chrono::seconds(10);
  EXPECT_EQ(code_of(7), kAway);
  EXPECT_EQ(code_of(5), kNone) << "it was believed already";
  EXPECT_EQ(code_of(7), kAway) << "and makes nothing else believed";
}

TEST_F(SchemaRegistryTest, WhatIsTooLongIsNeverRead) {
  const std::string schema = R"({"schema": ")" + std::string(4 << 20, 'x');
  server_.Answer(200, schema + "\"}");
  EXPECT_EQ(Problem(Settings()),
            "INVALID_ARGUMENT: the registry's answer has more than 4194304 "
            "bytes");
  server_.Answer(503, schema + "\"}");
  EXPECT_THAT(Problem(Settings()), StartsWith("UNAVAILABLE: "));
}

TEST_F(SchemaRegistryTest, WhatIsNoAnswerIsTrouble) {
  for (const int code : {301, 401, 403, 429, 500, 503}) {
    server_.Answer(code, R"({"schema": "x", "error_code": 40403})");
    EXPECT_THAT(Problem(Settings()),
                AllOf(StartsWith("UNAVAILABLE: "), HasSubstr(" HTTP ")));
  }
  for (const char* body : {"<html>log in</html>", "", "{}", "[]",
                           R"({"schema": {"type": "long"}})"}) {
    server_.Answer(200, body);
    EXPECT_THAT(Problem(Settings()),
                AllOf(StartsWith("UNAVAILABLE: "),
                      HasSubstr("its answer is no schema")))
        << body;
  }
  server_.Answer(0, "");
  EXPECT_THAT(Problem(Settings()), StartsWith("UNAVAILABLE: "));
  server_.Answer(200, std::string(5 << 20, ' '));
  EXPECT_THAT(Problem(Settings()),
              AllOf(StartsWith("UNAVAILABLE: "),
                    HasSubstr("the answer has more than 4194304 bytes")));
}

TEST_F(SchemaRegistryTest, NobodyAndSilenceAreTrouble) {
  server_.Answer(-1, "");
  EXPECT_THAT(Problem({.url = server_.url(), .timeout_ms = 100}),
              AllOf(StartsWith("UNAVAILABLE: "), HasSubstr("imeout")));
  EXPECT_THAT(Problem({.url = "http://127.0.0.1:1"}),
              StartsWith("UNAVAILABLE: schema 5 of the registry "
                         "http://127.0.0.1:1: "));
  // No TLS is spoken there.
  const std::string https = "https" + server_.url().substr(4);
  EXPECT_THAT(Problem({.url = https, .timeout_ms = 500}),
              StartsWith("UNAVAILABLE: "));
}

TEST(SchemaRegistryTlsTest, ACertificateIsCheckedByTheAuthoritiesThatAreGiven) {
  TempDir dir;
  const TlsIdentity identity;
  const TlsIdentity stranger;
  HttpAnswers server(&identity);
  server.Answer(200, R"({"schema": "x"})");
  ASSERT_TRUE(WriteFileSynced(dir.File("ca.pem"), identity.certificate()).ok());
  ASSERT_TRUE(
      WriteFileSynced(dir.File("other.pem"), stranger.certificate()).ok());
  const auto find = [&](const std::string& ca_file) {
    return SchemaRegistry({.url = server.url(), .ca_file = ca_file})
        .Find(5)
        .status();
  };

  EXPECT_TRUE(find(dir.File("ca.pem")).ok()) << find(dir.File("ca.pem"));
  for (const std::string& wrong :
       {std::string(), dir.File("other.pem"), dir.File("none.pem")}) {
    EXPECT_EQ(find(wrong).code(), absl::StatusCode::kUnavailable) << wrong;
  }
  for (const std::string& asked : server.asked()) {
    EXPECT_THAT(asked, StartsWith("GET "));
  }
}

TEST_F(SchemaRegistryTest, WhoAsksIsSaidWithASecretOfNow) {
  server_.Answer(200, R"({"schema": "x"})");
  ASSERT_EQ(::setenv("FRESHET_TEST_REGISTRY", "open", 1), 0);
  SchemaRegistry registry(
      {.url = server_.url(),
       .user = "ann",
       .password = {.env = "FRESHET_TEST_REGISTRY", .file = ""}});
  ASSERT_TRUE(registry.Find(5).ok());
  // ann:open.
  EXPECT_THAT(server_.asked().at(0),
              HasSubstr("Authorization: Basic YW5uOm9wZW4=\r\n"));

  ASSERT_EQ(::unsetenv("FRESHET_TEST_REGISTRY"), 0);
  EXPECT_EQ(registry.Find(6).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(server_.asked().size(), 1U);
}

}  // namespace
}  // namespace freshet
