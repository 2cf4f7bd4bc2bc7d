// SPDX-License-Identifier: Apache-2.0
#include "features/streams/event_codec.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace freshet {
namespace {

const std::vector<StreamField> kFields = {
    {"paid", {.kind = Kind::kBool}},
    {"cents", {.kind = Kind::kInt64}},
    {"price", {.kind = Kind::kDecimal, .precision = 10, .scale = 2}},
    {"ratio", {.kind = Kind::kFloat}},
    {"amount", {.kind = Kind::kDouble}},
    {"user", {.kind = Kind::kString}},
    {"raw", {.kind = Kind::kBytes}},
    {"at", {.kind = Kind::kTimestamp}},
};

EventBatch RandomEvents(std::mt19937_64& random, size_t rows,
                        const std::vector<std::string>& texts) {
  EventBatch events;
  events.rows = rows;
  for (const StreamField& field : kFields) {
    ValueColumn& column = events.fields.emplace_back();
    column.type = field.type;
    column.Resize(rows);
    for (size_t row = 0; row < rows; ++row) {
      if (random() % 4 == 0) continue;
      column.states[row] = RowState::kValue;
      switch (StorageOf(field.type.kind)) {
        case Storage::kIntegers:
          column.integers[row] =
              static_cast<int64_t>(random() >> (random() % 64));
          break;
        case Storage::kReals:
          column.reals[row] = random() % 9 == 0
                                  ? std::numeric_limits<double>::infinity()
                                  : static_cast<double>(random()) / 7;
          break;
        case Storage::kStrings:
          column.strings[row] = texts[random() % texts.size()];
          break;
      }
    }
  }
  // Some say nothing of a field; of some batches none.
  const bool some = random() % 2 == 0;
  for (const ValueColumn& column : events.fields) {
    if (!some) break;
    std::vector<uint8_t>& absent = events.absent.emplace_back();
    if (random() % 2 == 0) continue;
    for (size_t row = 0; row < rows; ++row) {
      const bool null = column.states[row] == RowState::kNull;
      absent.push_back(null && random() % 2 == 0 ? 1 : 0);
    }
  }
  for (size_t row = 0; row < rows; ++row) {
    events.partitions.push_back(static_cast<int32_t>(random() % 5) - 1);
    events.offsets.push_back(static_cast<int64_t>(random() >> (random() % 64)));
  }
  return events;
}

std::string Encoded(const std::string& source, int64_t arrival_micros,
                    const std::vector<StreamField>& fields,
                    const EventBatch& events) {
  std::string record;
  AppendEvents({.source = source,
                .arrival_micros = arrival_micros,
                .fields = fields,
                .events = events},
               &record);
  return record;
}

void ExpectEqual(const EventBatch& a, const EventBatch& b) {
  ASSERT_EQ(a.rows, b.rows);
  EXPECT_EQ(a.partitions, b.partitions);
  EXPECT_EQ(a.offsets, b.offsets);
  ASSERT_EQ(a.fields.size(), b.fields.size());
  for (size_t i = 0; i < a.fields.size(); ++i) {
    for (size_t row = 0; row < a.rows; ++row) {
      ASSERT_EQ(a.fields[i].states[row], b.fields[i].states[row]);
      ASSERT_EQ(IsAbsent(a, i, row), IsAbsent(b, i, row));
      if (a.fields[i].states[row] != RowState::kValue) continue;
      switch (StorageOf(a.fields[i].type.kind)) {
        case Storage::kIntegers:
          ASSERT_EQ(a.fields[i].integers[row], b.fields[i].integers[row]);
          break;
        case Storage::kReals:
          ASSERT_EQ(a.fields[i].reals[row], b.fields[i].reals[row]);
          break;
        case Storage::kStrings:
          ASSERT_EQ(a.fields[i].strings[row], b.fields[i].strings[row]);
          break;
      }
    }
  }
}

const std::vector<std::string> kTexts = {"", "ann", std::string("\0x", 2),
                                         std::string(300, 'y')};

TEST(EventCodecTest, EventsAreReadAsTheyWere) {
  std::mt19937_64 random(20'130'310);
  for (int round = 0; round < 200; ++round) {
    const EventBatch events = RandomEvents(random, random() % 40, kTexts);
    const std::string record = Encoded("payments", -17, kFields, events);

    const auto logged = DecodeEvents(record);

    ASSERT_TRUE(logged.ok()) << logged.status();
    EXPECT_EQ(logged->source, "payments");
    EXPECT_EQ(logged->arrival_micros, -17);
    ASSERT_EQ(logged->fields.size(), kFields.size());
    for (size_t i = 0; i < kFields.size(); ++i) {
      EXPECT_EQ(logged->fields[i].name, kFields[i].name);
      EXPECT_EQ(logged->fields[i].type, kFields[i].type);
    }
    ExpectEqual(logged->events, events);
  }
}

// With positions in each form, and no events.
std::string EncodedPositions(const std::vector<PartitionPosition>& positions) {
  std::string record;
  AppendEvents({.source = "payments", .positions = positions}, &record);
  return record;
}

const std::vector<PartitionPosition> kPositions = {
    {.topic = "paid", .partition = 3, .next = 0},
    {.topic = "paid",
     .partition = 7,
     .next = 300'000'000'001,
     .last = PartitionPosition::Last{.offset = 300'000'000'000,
                                     .hash = 0xfedcba9876543210}}};

TEST(EventCodecTest, PositionsAreReadAsTheyWere) {
  const auto logged = DecodeEvents(EncodedPositions(kPositions));

  ASSERT_TRUE(logged.ok()) << logged.status();
  EXPECT_EQ(logged->positions, kPositions);
  EXPECT_EQ(logged->events.rows, 0U);
}

TEST(EventCodecTest, WithoutPositionsEventsAreOfTheFormatBefore) {
  EXPECT_EQ(EncodedPositions({})[0], 1);
  EXPECT_EQ(EncodedPositions(kPositions)[0], 2);
  EXPECT_TRUE(DecodeEvents(EncodedPositions({}))->positions.empty());
}

TEST(EventCodecTest, OnlyEventsThatLackSomethingAreOfTheNewestFormat) {
  EventBatch events{.rows = 1, .partitions = {0}, .offsets = {5}};
  for (const StreamField& field : kFields) {
    events.fields.emplace_back().type = field.type;
    events.fields.back().Resize(1);
    events.absent.push_back({0});
  }
  EXPECT_EQ(Encoded("payments", 1, kFields, events)[0], 1);
  events.absent[2][0] = 1;
  const std::string record = Encoded("payments", 1, kFields, events);
  EXPECT_EQ(record[0], 3);
  for (size_t length = 0; length < record.size(); ++length) {
    EXPECT_TRUE(absl::IsDataLoss(
        DecodeEvents(std::string_view(record).substr(0, length)).status()))
        << length;
  }
}

TEST(EventCodecTest, CutPositionsAreNone) {
  const std::string record = EncodedPositions(kPositions);

  for (size_t length = 0; length < record.size(); ++length) {
    EXPECT_TRUE(absl::IsDataLoss(
        DecodeEvents(std::string_view(record).substr(0, length)).status()))
        << length;
  }
  EXPECT_TRUE(absl::IsDataLoss(DecodeEvents(record + "x").status()));
}

TEST(EventCodecTest, CutBytesAreNoEvents) {
  std::mt19937_64 random(20'130'310);
  const std::string record =
      Encoded("payments", 1, kFields, RandomEvents(random, 9, kTexts));

  for (size_t length = 0; length < record.size(); ++length) {
    EXPECT_TRUE(absl::IsDataLoss(
        DecodeEvents(std::string_view(record).substr(0, length)).status()))
        << length;
  }
  EXPECT_TRUE(absl::IsDataLoss(DecodeEvents(record + "x").status()));
}

// Sanitizers say what goes wrong here.
TEST(EventCodecTest, DamagedBytesDoNoHarm) {
  std::mt19937_64 random(20'130'310);
  const std::string record =
      Encoded("payments", 1, kFields, RandomEvents(random, 9, kTexts));
  for (int round = 0; round < 3'000; ++round) {
    std::string damaged = record;
    damaged[random() % damaged.size()] = static_cast<char>(random());
    DecodeEvents(damaged).IgnoreError();
  }
}

TEST(EventCodecTest, EventsOfALaterReleaseAreRefusedByName) {
  std::string record = Encoded("payments", 1, {}, EventBatch());
  record[0] = 4;

  EXPECT_EQ(DecodeEvents(record).status().message(),
            "events of format 4, this release reads up to 3");
}

}  // namespace
}  // namespace freshet
