// SPDX-License-Identifier: Apache-2.0
#include "features/streams/check_streams.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace freshet {
namespace {

using enum AggregateFunction;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int64_t kHour = 3'600'000'000;

class CheckStreamsTest : public testing::Test {
 protected:
  std::vector<std::string> OfSource() const {
    std::vector<Problem> problems;
    CheckStreamSource(source_, problems);
    return Said(problems);
  }
  std::vector<std::string> OfView() const {
    std::vector<Problem> problems;
    CheckStreamView(view_, source_, keys_, problems);
    return Said(problems);
  }
  static KafkaSource Topics() {
    KafkaSource kafka{.topics = {"payments"}};
    kafka.cluster.brokers = {"localhost:9092"};
    return kafka;
  }
  static std::vector<std::string> Said(const std::vector<Problem>& problems) {
    std::vector<std::string> said;
    for (const Problem& problem : problems) said.push_back(problem.message);
    return said;
  }

  StreamSource source_ = {.name = "payments",
                          .fields = {{"user", {.kind = Kind::kString}},
                                     {"cents", {.kind = Kind::kInt64}},
                                     {"at", {.kind = Kind::kTimestamp}}},
                          .timestamp_field = "at",
                          .id_field = "cents",
                          .single_node = true};
  WindowedView view_ = {.name = "user_payments",
                        .source = "payments",
                        .aggregations = {{.column = "cents",
                                          .functions = {{.function = kSum}},
                                          .windows_micros = {kHour}}},
                        .duplicates_counted = true};
  std::vector<JoinKey> keys_ = {
      {.name = "user", .type = {.kind = Kind::kString}, .at = {}}};
};

TEST_F(CheckStreamsTest, WhatIsGoodHasNoProblems) {
  EXPECT_THAT(OfSource(), IsEmpty());
  EXPECT_THAT(OfView(), IsEmpty());
  view_.aggregations[0].windows_micros = {0};
  view_.since_micros = 48 * kHour;
  EXPECT_THAT(OfView(), IsEmpty());
}

TEST_F(CheckStreamsTest, ASourceNeedsATimeAndHasNoLists) {
  source_.fields[0].type.list = true;
  source_.fields[2].type.kind = Kind::kInt64;
  EXPECT_THAT(
      OfSource(),
      ElementsAre("field 'user' is list<string>; events have no lists",
                  "field 'at' is int64, and 'timestamp_field' of source "
                  "'payments' is a timestamp"));
  source_.id_field = "at";
  EXPECT_EQ(OfSource().back(),
            "field 'at' is int64, and 'timestamp_field' of source 'payments' "
            "is a timestamp")
      << "int64 is an id";
  source_.fields[2].type.kind = Kind::kTimestamp;
  EXPECT_EQ(OfSource().back(),
            "field 'at' is timestamp, and 'id_field' of source 'payments' is a "
            "string, int64 or bytes");
  source_.id_field = "order";
  EXPECT_EQ(OfSource().back(),
            "source 'payments' has no field 'order', its 'id_field'");
  source_.id_field = "";
  source_.timestamp_field = "when";
  source_.fields[0].type.list = false;
  EXPECT_THAT(OfSource(), ElementsAre("source 'payments' has no field 'when', "
                                      "its 'timestamp_field'"));
}

TEST_F(CheckStreamsTest, ASourcesEventsComeOneWay) {
  source_.single_node = false;
  EXPECT_THAT(OfSource(), ElementsAre(HasSubstr("says no way for its events")));
  source_.kafka = Topics();
  EXPECT_THAT(OfSource(), IsEmpty());
  source_.single_node = true;
  EXPECT_THAT(OfSource(),
              ElementsAre("source 'payments' has kafka and single_node: true; "
                          "its events come one way"));
  source_.push_log = PushLogSource{.read = Topics()};
  source_.kafka.reset();
  EXPECT_THAT(OfSource(),
              ElementsAre("source 'payments' has push_log and single_node: "
                          "true; its events come one way"));
  source_.single_node = false;
  EXPECT_THAT(OfSource(), IsEmpty());
}

TEST_F(CheckStreamsTest, APushLogIsATopicWithAKeyThatEventsHave) {
  source_.single_node = false;
  source_.push_log = PushLogSource{.read = Topics(), .key_field = "user"};
  EXPECT_THAT(OfSource(), IsEmpty());
  source_.push_log->key_field = "users";
  source_.push_log->read.topics = {"to/pic"};
  source_.push_log->read.cluster.brokers.clear();
  EXPECT_THAT(OfSource(),
              ElementsAre(HasSubstr("no brokers"),
                          HasSubstr("'to/pic' is no name of a topic"),
                          "source 'payments' has no field 'users', the "
                          "'key_field' of its push log"));
}

TEST_F(CheckStreamsTest, Rule19APushLogWithoutIdsCountsWhatIsPushedAgain) {
  source_.single_node = false;
  source_.push_log = PushLogSource{.read = Topics()};
  source_.id_field = "";
  view_.duplicates_counted = false;
  EXPECT_THAT(OfView(), ElementsAre(HasSubstr("or duplicates: counted")));
  view_.duplicates_counted = true;
  EXPECT_THAT(OfView(), IsEmpty());
}

TEST_F(CheckStreamsTest, OnlyWhatIsReadFromTopicsCanBeBehind) {
  view_.expected_freshness_micros = kHour;
  EXPECT_THAT(OfView(), ElementsAre(HasSubstr(
                            "'expected_freshness', and its source 'payments' "
                            "is read from no topic")));
  source_.single_node = false;
  source_.push_log = PushLogSource{.read = Topics()};
  EXPECT_THAT(OfView(), IsEmpty());
  source_.push_log.reset();
  source_.kafka = Topics();
  EXPECT_THAT(OfView(), IsEmpty());
}

TEST_F(CheckStreamsTest, TopicsHaveNamesAndAClusterThatCanBeReached) {
  source_.single_node = false;
  source_.kafka = Topics();
  source_.kafka->topics = {"clicks", "clicks", "to/pic"};
  source_.kafka->cluster.user = "freshet";
  EXPECT_THAT(
      OfSource(),
      ElementsAre("source 'payments': kafka: a user or a password is given, "
                  "but security 'plaintext' sends neither; use sasl_ssl",
                  "source 'payments' names topic 'clicks' twice",
                  HasSubstr("'to/pic' is no name of a topic")));
  source_.kafka = Topics();
  source_.kafka->cluster.properties = {{"group.id", "mine"}};
  EXPECT_THAT(OfSource(), ElementsAre(HasSubstr("'group.id' may not be set")));
  source_.kafka = Topics();
  source_.kafka->cluster.key_password = {.env = "A", .file = "b"};
  EXPECT_THAT(OfSource(), ElementsAre(HasSubstr("name one")));
}

TEST_F(CheckStreamsTest, AViewMustCompile) {
  view_.filter = "amount > 3";
  EXPECT_THAT(OfView(), ElementsAre(HasSubstr("filter `amount > 3`: at 1: ")));
}

TEST_F(CheckStreamsTest, Rule28ALifetimeBeginsWithADay) {
  view_.aggregations[0].windows_micros = {0};
  EXPECT_THAT(OfView(), ElementsAre(HasSubstr("needs 'since'")));
  view_.since_micros = 49 * kHour;
  EXPECT_THAT(OfView(),
              ElementsAre("view 'user_payments': 'since: 1970-01-03T01:00:00Z' "
                          "is not the start of a day in UTC since 1970"));
}

TEST_F(CheckStreamsTest, NoFeatureHasTheNameOfAJoinKey) {
  keys_[0].name = "cents_sum_1h";
  view_.columns = {{"cents_sum_1h", "user"}};
  EXPECT_THAT(OfView(),
              ElementsAre(HasSubstr("'cents_sum_1h' has the name of a join "
                                    "key")));
}

TEST_F(CheckStreamsTest, Rule29AHistorySaysFromWhenOnItIsWhole) {
  BatchFeatureView history;
  history.name = HistoryName(view_.name);
  history.source.path = "events";
  history.history = ViewHistory{.stream_view = view_.name};
  const auto said = [&] {
    std::vector<Problem> problems;
    CheckHistory(history, source_, problems);
    return Said(problems);
  };

  EXPECT_THAT(said(), ElementsAre(HasSubstr("add since, such as")));
  history.history->since_micros = kHour;
  EXPECT_THAT(said(), IsEmpty());
  history.history->covers_micros = 24 * kHour;
  EXPECT_THAT(said(), ElementsAre(HasSubstr("has 'since' and 'covers'")));
  history.history->since_micros = 0;
  EXPECT_THAT(said(), IsEmpty());
  history.history->covers_micros = 2 * kHour;
  EXPECT_THAT(said(), ElementsAre(HasSubstr("make 'covers' longer")));
  history.history->covers_micros = 3 * kHour;
  history.source.columns = {{"user", "user_id"}, {"cent", "amount"}};
  EXPECT_THAT(said(), ElementsAre(testing::AllOf(
                          HasSubstr("maps 'cent' under 'columns'"),
                          HasSubstr("did you mean 'cents'?"))));
}

}  // namespace
}  // namespace freshet
