// SPDX-License-Identifier: Apache-2.0
#include "ingest/push_log/push_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "features/streams/event_rows.h"

namespace freshet {
namespace {

using testing::HasSubstr;

constexpr size_t kReadMax = 4 << 20;

class PushRecordsTest : public testing::Test {
 protected:
  PushRecordsTest() { source_.push_log = PushLogSource{}; }

  absl::StatusOr<PushRecords> Make(size_t value_bytes_max = kReadMax) {
    const LoggedEvents events{.source = source_.name,
                              .fields = source_.fields,
                              .events = rows_.batch()};
    return MakePushRecords(source_, events, value_bytes_max);
  }
  std::optional<std::string> Key(size_t row) {
    return Make()->records[row].key;
  }

  StreamSource source_ = {.name = "payments",
                          .fields = {{"user", {.kind = Kind::kString}},
                                     {"cents", {.kind = Kind::kInt64}},
                                     {"at", {.kind = Kind::kTimestamp}}},
                          .timestamp_field = "at",
                          .id_field = "cents"};
  EventRows rows_{source_.fields};
};

TEST_F(PushRecordsTest, EachEventIsARecordWithItsKey) {
  rows_.Begin(0, 0);
  rows_.SetText(0, "ann");
  rows_.SetInteger(1, -7);
  rows_.Begin(0, 1);
  rows_.SetNull(1);

  const auto made = Make();

  ASSERT_TRUE(made.ok()) << made.status();
  ASSERT_EQ(made->records.size(), 2U);
  EXPECT_EQ(made->records[0].value, R"({"user":"ann","cents":-7})");
  EXPECT_EQ(made->records[0].key, "-7");
  EXPECT_EQ(made->records[1].value, R"({"cents":null})");
  EXPECT_EQ(made->records[1].key, std::nullopt);
  EXPECT_GT(made->bytes, 40);
}

TEST_F(PushRecordsTest, TheKeyIsTheKeyFieldsOrTheIds) {
  rows_.Begin(0, 0);
  rows_.SetText(0, "ann");
  rows_.SetInteger(1, 7);
  rows_.SetInteger(2, 0);
  source_.push_log->key_field = "user";
  EXPECT_EQ(Key(0), "ann");
  source_.push_log->key_field = "at";
  EXPECT_EQ(Key(0), "1970-01-01T00:00:00Z");
  source_.push_log->key_field = "";
  EXPECT_EQ(Key(0), "7");
  source_.id_field = "";
  EXPECT_EQ(Key(0), std::nullopt);
}

TEST_F(PushRecordsTest, WhatKafkaOrWhoReadsWouldNotTakeIsRefusedBefore) {
  rows_.Begin(0, 0);
  rows_.Begin(0, 1);
  rows_.SetText(0, std::string(999'000, 'x'));
  EXPECT_TRUE(Make().ok());
  rows_.Begin(0, 2);
  rows_.SetText(0, std::string(1'000'000, 'x'));
  const absl::Status status = Make().status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("number 2 of those that were not rejected, has 1000011 "
                        "bytes in the push log; at most 999744"));
  source_.push_log->read.cluster.properties["message.max.bytes"] = "2000000";
  EXPECT_TRUE(Make().ok());
  EXPECT_TRUE(absl::IsInvalidArgument(Make(999'100).status()));
}

}  // namespace
}  // namespace freshet
