// SPDX-License-Identifier: Apache-2.0
// What callers made up, in errors and in the log.
#include "server/net/printable.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "server/net/grpc_status.h"
#include "server/process/log.h"
#include "tests/server/daemon_kit.h"

namespace freshet {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

TEST(PrintableTest, PlainTextStaysAsItIs) {
  const std::string text = "a 'b'\n\tZ\u00fcrich \u65e5\u672c \U0001f600 \\x";
  EXPECT_EQ(Printable(text, 1000), text);
  EXPECT_EQ(Printable("", 1000), "");
}

TEST(PrintableTest, WhatATerminalWouldObeyIsEscaped) {
  EXPECT_EQ(Printable("a\x1b[31mb\r\x7f", 1000), "a\\x1b[31mb\\x0d\\x7f");
  EXPECT_EQ(Printable(std::string("\0", 1), 1000), "\\x00");
  // C1 in UTF-8, where 9b is as good as escape and [.
  EXPECT_EQ(Printable("\xc2\x9b"
                      "31m\xc2\xa0",
                      1000),
            "\\x9b31m\xc2\xa0");
}

TEST(PrintableTest, BytesThatAreNotUtf8AreEscapedAndTheRestIsKept) {
  EXPECT_EQ(Printable("\xff"
                      "a\xc3",
                      1000),
            "\\xffa\\xc3");
  EXPECT_EQ(Printable("\xed\xa0\x80\xc3\xbc", 1000), "\\xed\\xa0\\x80\xc3\xbc");
}

TEST(PrintableTest, ALongTextIsCutAtACharacterAndSaysHowLongItWas) {
  EXPECT_EQ(Printable("abcdef", 6), "abcdef");
  EXPECT_EQ(Printable("abcdef", 5), "abcde... (6 bytes in all)");
  EXPECT_EQ(Printable("abcd\xc3\xbc", 5), "abcd... (6 bytes in all)");
  EXPECT_EQ(Printable("abc\x1b", 5), "abc... (4 bytes in all)");
}

TEST(PrintableTest, AnErrorOverALongNameArrivesWithItsCodeAndRequestId) {
  DaemonKit kit;
  // Each character takes the most room that one can in a header.
  std::string name;
  for (int i = 0; i < 100'000; ++i) name += "\u00fc";
  v1::GetFeaturesRequest by_service = Ask(name, {}, {1});
  v1::GetFeaturesRequest by_feature;
  by_feature.add_features("item." + name);
  AddInts(by_feature, "item_id", {1});

  for (v1::GetFeaturesRequest* request : {&by_service, &by_feature}) {
    request->set_request_id("id-1");
    v1::GetFeaturesResponse response;
    const grpc::Status status = kit.Get(*request, &response);

    EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
    EXPECT_THAT(status.error_message(), EndsWith(" (request_id: id-1)"));
  }
}

TEST(PrintableTest, TheHealthServicesErrorArrivesLikeOthers) {
  DaemonKit kit;
  const auto stub =
      grpc::health::v1::Health::NewStub(kit.Channel(kit.daemon->ports().data));
  grpc::ClientContext context;
  context.AddMetadata("x-request-id", "id-2");
  grpc::health::v1::HealthCheckRequest request;
  request.set_service(std::string(100'000, 'x'));
  grpc::health::v1::HealthCheckResponse response;

  const grpc::Status status = stub->Check(&context, request, &response);

  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(status.error_message(), EndsWith(" (request_id: id-2)"));
}

TEST(PrintableTest, AnErrorOverControlCharactersHasThemEscaped) {
  DaemonKit kit;
  v1::GetFeaturesResponse response;

  const grpc::Status status = kit.Get(Ask("va\x1b[31mred", {}, {1}), &response);

  EXPECT_THAT(status.error_message(), HasSubstr("'va\\x1b[31mred'"));
}

// The standard error of one line that is logged.
std::string Logged(const LogSettings& settings, const std::string& message) {
  const auto before = spdlog::default_logger();
  ::testing::internal::CaptureStderr();
  StartLog(settings);
  spdlog::info("{}", message);
  spdlog::set_default_logger(before);
  return ::testing::internal::GetCapturedStderr();
}

TEST(LogTest, AMessageCannotPassForALineOfTheLogOrMoveTheTerminal) {
  const std::string line =
      Logged({}, "a\x1b[2J\n2013-01-01T00:00:00.000Z info  made up");

  EXPECT_THAT(line, MatchesRegex("20[^\n]*Z info  a\\\\x1b\\[2J\n"
                                 "    2013-01-01[^\n]* made up\n"));
}

TEST(LogTest, JsonKeepsTheMessageWhole) {
  LogSettings settings;
  settings.format = "json";

  const std::string line = Logged(settings, "a\x1b\nb");

  EXPECT_THAT(line, StartsWith("{\"time\":"));
  EXPECT_THAT(line, HasSubstr("\"message\":\"a\\u001b\\nb\"}\n"));
  EXPECT_THAT(line, Not(HasSubstr("\x1b")));
}

TEST(RequestIdTest, MadeUpOnesAreSixteenDigitsAndDifferBetweenThreads) {
  constexpr int kEach = 1000;
  std::vector<std::string> ids(2 * kEach);
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&ids, t] {
      for (int i = 0; i < kEach; ++i) ids[t * kEach + i] = MakeRequestId();
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& id : ids) {
    EXPECT_THAT(id, MatchesRegex("[0-9a-f]{16}"));
  }
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size());
}

}  // namespace
}  // namespace freshet
