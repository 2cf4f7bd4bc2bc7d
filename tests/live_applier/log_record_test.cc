// SPDX-License-Identifier: Apache-2.0
#include "storage/change_log/log_record.h"

#include <gtest/gtest.h>

#include <string>
#include <variant>

#include "tests/live_applier/live_kit.h"

namespace freshet {
namespace {

TEST(LogRecordTest, WhatIsWrittenIsRead) {
  const std::vector<Payment> payments = {{.cents = 7, .at = 5}};
  const std::string events = EncodeRecord(PaymentEvents(payments, 9, 3));
  const std::string release = EncodeRecord(ReleaseRecord{.before_micros = -4});

  const auto read_events = DecodeRecord(events);
  ASSERT_TRUE(read_events.ok()) << read_events.status();
  const auto* logged = std::get_if<LoggedEvents>(&*read_events);
  ASSERT_NE(logged, nullptr);
  EXPECT_EQ(logged->arrival_micros, 9);
  EXPECT_EQ(logged->events.fields[1].integers[0], 7);
  const auto read_release = DecodeRecord(release);
  ASSERT_TRUE(read_release.ok()) << read_release.status();
  EXPECT_EQ(std::get<ReleaseRecord>(*read_release).before_micros, -4);
  const auto forget =
      DecodeRecord(EncodeRecord(ForgetRecord{.at_micros = 8, .source = "a"}));
  ASSERT_TRUE(forget.ok()) << forget.status();
  EXPECT_EQ(TimeOf(*forget), 8);
  EXPECT_EQ(std::get<ForgetRecord>(*forget).source, "a");
  const auto erase = DecodeRecord(EncodeRecord(EraseRecord{
      .at_micros = 9, .generation = 3, .keys = {"ann", std::string(1, 0)}}));
  ASSERT_TRUE(erase.ok()) << erase.status();
  EXPECT_EQ(TimeOf(*erase), 9);
  EXPECT_EQ(std::get<EraseRecord>(*erase).generation, 3U);
  EXPECT_EQ(std::get<EraseRecord>(*erase).keys,
            std::vector<std::string>({"ann", std::string(1, 0)}));
  const auto loss = DecodeRecord(EncodeRecord(
      LossRecord{.at_micros = 7, .source = "a", .before_micros = 5}));
  ASSERT_TRUE(loss.ok()) << loss.status();
  EXPECT_EQ(TimeOf(*loss), 7);
  EXPECT_EQ(std::get<LossRecord>(*loss).source, "a");
  EXPECT_EQ(std::get<LossRecord>(*loss).before_micros, 5);
}

TEST(LogRecordTest, WhatIsNoneIsRefused) {
  const std::string release = EncodeRecord(ReleaseRecord{.before_micros = 1});

  for (size_t length = 0; length < release.size(); ++length) {
    EXPECT_TRUE(
        absl::IsDataLoss(DecodeRecord(release.substr(0, length)).status()));
  }
  EXPECT_TRUE(absl::IsDataLoss(DecodeRecord(release + "x").status()));
  const std::string erase = EncodeRecord(EraseRecord{.keys = {"ann", "bob"}});
  for (size_t length = 1; length < erase.size(); ++length) {
    EXPECT_TRUE(
        absl::IsDataLoss(DecodeRecord(erase.substr(0, length)).status()));
  }
  const std::string loss = EncodeRecord(LossRecord{.source = "a"});
  for (size_t length = 1; length < loss.size(); ++length) {
    EXPECT_TRUE(
        absl::IsDataLoss(DecodeRecord(loss.substr(0, length)).status()));
  }
  EXPECT_TRUE(absl::IsDataLoss(DecodeRecord(std::string(9, '\0')).status()));
  EXPECT_EQ(DecodeRecord("\6").status().message(),
            "a record of kind 6, this release reads kinds up to 5");
}

// docs/format.md has it.
TEST(LogRecordTest, AReleaseIsNineBytes) {
  EXPECT_EQ(EncodeRecord(ReleaseRecord{.before_micros = 0x0102}),
            std::string("\2\2\1\0\0\0\0\0\0", 9));
}

}  // namespace
}  // namespace freshet
