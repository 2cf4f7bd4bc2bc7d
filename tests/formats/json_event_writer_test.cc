// SPDX-License-Identifier: Apache-2.0
#include "ingest/formats/json_event_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "ingest/formats/json_events.h"

namespace freshet {
namespace {

const std::vector<StreamField> kFields = {
    {"paid", {.kind = Kind::kBool}},
    {"count", {.kind = Kind::kInt32}},
    {"cents", {.kind = Kind::kInt64}},
    {"price", {.kind = Kind::kDecimal, .precision = 18, .scale = 2}},
    {"whole", {.kind = Kind::kDecimal, .precision = 5, .scale = 0}},
    {"ratio", {.kind = Kind::kFloat}},
    {"amount", {.kind = Kind::kDouble}},
    {"user", {.kind = Kind::kString}},
    {"raw", {.kind = Kind::kBytes}},
    {"at", {.kind = Kind::kTimestamp}},
};
enum Field {
  kPaid,
  kCount,
  kCents,
  kPrice,
  kWhole,
  kRatio,
  kAmount,
  kUser,
  kRaw,
  kAt
};

std::string Written(const EventRows& rows, size_t row) {
  std::string text;
  const absl::Status status =
      JsonEventWriter(kFields).Append(rows.batch(), row, &text);
  EXPECT_TRUE(status.ok()) << status;
  return text;
}

// Whether a row of the one and of the other say the same, bit by bit.
void ExpectSame(const EventBatch& wanted, const EventBatch& read, size_t row) {
  for (size_t field = 0; field < kFields.size(); ++field) {
    SCOPED_TRACE(kFields[field].name + " of row " + std::to_string(row));
    const ValueColumn& a = wanted.fields[field];
    const ValueColumn& b = read.fields[field];
    ASSERT_EQ(IsAbsent(wanted, field, row), IsAbsent(read, field, row));
    ASSERT_EQ(a.states[row], b.states[row]);
    if (a.states[row] != RowState::kValue) continue;
    switch (StorageOf(a.type.kind)) {
      case Storage::kIntegers:
        EXPECT_EQ(a.integers[row], b.integers[row]);
        break;
      case Storage::kReals:
        if (std::isnan(a.reals[row])) {
          EXPECT_TRUE(std::isnan(b.reals[row]));
        } else {
          EXPECT_EQ(std::bit_cast<uint64_t>(a.reals[row]),
                    std::bit_cast<uint64_t>(b.reals[row]))
              << a.reals[row];
        }
        break;
      case Storage::kStrings:
        EXPECT_EQ(a.strings[row], b.strings[row]);
        break;
    }
  }
}

void ExpectReadBack(const EventRows& rows) {
  JsonEvents reader(kFields);
  EventRows read(kFields);
  for (size_t row = 0; row < rows.size(); ++row) {
    const std::string text = Written(rows, row);
    read.Begin(0, 0);
    const absl::Status status = reader.Read(text, read);
    ASSERT_TRUE(status.ok()) << status << " in " << text;
    ExpectSame(rows.batch(), read.batch(), row);
  }
}

TEST(JsonEventWriterTest, AnEventIsOneObjectThatOthersRead) {
  EventRows rows(kFields);
  rows.Begin(0, 0);
  rows.SetInteger(kPaid, 1);
  rows.SetInteger(kCents, 9'223'372'036'854'775'807);
  rows.SetInteger(kPrice, -5);
  rows.SetReal(kAmount, 0.1);
  rows.SetReal(kRatio, std::numeric_limits<double>::infinity());
  rows.SetText(kUser, "h\u00e9 \"x\"\n");
  rows.SetText(kRaw, std::string_view("\0\xff", 2));
  rows.SetInteger(kAt, 1'362'934'800'500'000);
  rows.SetNull(kCount);

  EXPECT_EQ(Written(rows, 0),
            "{\"paid\":true,\"count\":null,\"cents\":9223372036854775807,"
            "\"price\":\"-0.05\",\"ratio\":\"Infinity\",\"amount\":0.1,"
            "\"user\":\"h\u00e9 \\\"x\\\"\\n\",\"raw\":\"0x00ff\","
            "\"at\":\"2013-03-10T17:00:00.5Z\"}");
  EXPECT_TRUE(nlohmann::json::accept(Written(rows, 0)));
  rows.Begin(0, 1);
  EXPECT_EQ(Written(rows, 1), "{}");
}

TEST(JsonEventWriterTest, TheEndsOfEachTypeAreReadBack) {
  using Limits = std::numeric_limits<double>;
  EventRows rows(kFields);
  const auto row = [&](Field field, auto set) {
    rows.Begin(0, 0);
    set(static_cast<size_t>(field));
  };
  for (const int64_t value :
       {int64_t{0}, int64_t{-1}, std::numeric_limits<int64_t>::min(),
        std::numeric_limits<int64_t>::max()}) {
    row(kCents, [&](size_t f) { rows.SetInteger(f, value); });
    row(kAt, [&](size_t f) { rows.SetInteger(f, value); });
  }
  for (const int64_t value : {0, 1, -1, 99, -100, 999'999}) {
    row(kPrice, [&](size_t f) { rows.SetInteger(f, value); });
  }
  for (const int64_t value : {-99'999, 0, 99'999}) {
    row(kWhole, [&](size_t f) { rows.SetInteger(f, value); });
  }
  for (const double value :
       {0.0, -0.0, 1.0, 1e22, -1e300, Limits::max(), Limits::min(),
        Limits::denorm_min(), Limits::infinity(), -Limits::infinity(),
        Limits::quiet_NaN(), 9'007'199'254'740'993.0}) {
    row(kAmount, [&](size_t f) { rows.SetReal(f, value); });
  }
  for (const float value :
       {0.1F, -0.0F, std::numeric_limits<float>::max(),
        std::numeric_limits<float>::denorm_min(),
        std::numeric_limits<float>::infinity(),
        std::numeric_limits<float>::quiet_NaN(), 16'777'217.0F}) {
    row(kRatio, [&](size_t f) { rows.SetReal(f, value); });
  }
  for (const std::string_view text :
       {std::string_view(), std::string_view("null"),
        std::string_view("\0\x1f\x7f", 3), std::string_view("\u20ac\U0001f600"),
        std::string_view("\\u0000\"/\\")}) {
    row(kUser, [&](size_t f) { rows.SetText(f, text); });
    row(kRaw, [&](size_t f) { rows.SetText(f, text); });
  }
  ExpectReadBack(rows);
}

TEST(JsonEventWriterTest, WhateverItIsItIsReadBack) {
  std::mt19937_64 random(20131231);
  EventRows rows(kFields);
  for (int i = 0; i < 5'000; ++i) {
    rows.Begin(0, i);
    for (size_t field = 0; field < kFields.size(); ++field) {
      const Type& type = kFields[field].type;
      if (random() % 8 == 0) continue;
      if (random() % 8 == 0) {
        rows.SetNull(field);
        continue;
      }
      const auto bits = random();
      switch (StorageOf(type.kind)) {
        case Storage::kIntegers: {
          auto value = static_cast<int64_t>(bits);
          if (type.kind == Kind::kBool) value = value & 1;
          if (type.kind == Kind::kInt32) value = static_cast<int32_t>(bits);
          if (type.kind == Kind::kDecimal) value %= 100'000;
          rows.SetInteger(field, value);
          break;
        }
        case Storage::kReals: {
          double value = std::bit_cast<double>(bits);
          if (type.kind == Kind::kFloat) {
            value = std::bit_cast<float>(static_cast<uint32_t>(bits));
          }
          rows.SetReal(field, value);
          break;
        }
        case Storage::kStrings: {
          std::string text(random() % 30, '\0');
          for (char& c : text) {
            c = static_cast<char>(random() %
                                  (type.kind == Kind::kString ? 128 : 256));
          }
          rows.SetText(field, text);
          break;
        }
      }
    }
  }
  ExpectReadBack(rows);
}

TEST(JsonEventWriterTest, AFloatIsTheSameNumberWhereItsFieldIsADoubleNow) {
  const std::vector<StreamField> narrow = {{"x", {.kind = Kind::kFloat}}};
  const std::vector<StreamField> wide = {{"x", {.kind = Kind::kDouble}}};
  EventRows rows(narrow);
  rows.Begin(0, 0);
  rows.SetReal(0, 0.1F);
  std::string text;
  ASSERT_TRUE(JsonEventWriter(narrow).Append(rows.batch(), 0, &text).ok());
  EventRows read(wide);
  read.Begin(0, 0);
  ASSERT_TRUE(JsonEvents(wide).Read(text, read).ok());
  EXPECT_EQ(read.batch().fields[0].reals[0], static_cast<double>(0.1F));
}

TEST(JsonEventWriterTest, AStringThatIsNoUtf8IsRefusedByName) {
  EventRows rows(kFields);
  rows.Begin(0, 0);
  rows.SetText(kRaw, "\xff");
  rows.Begin(0, 1);
  rows.SetText(kUser, "\xff");
  std::string text;
  EXPECT_TRUE(JsonEventWriter(kFields).Append(rows.batch(), 0, &text).ok());
  const absl::Status status =
      JsonEventWriter(kFields).Append(rows.batch(), 1, &text);
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_EQ(status.message(), "field \"user\" of row 1 is not UTF-8");
}

}  // namespace
}  // namespace freshet
