// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "base/check.h"
#include "base/error.h"
#include "features/event_files/event_file_order.h"
#include "features/event_files/event_frame.h"

namespace freshet {
namespace {

StreamField Field(const std::string& name, const std::string& type) {
  StreamField field;
  field.name = name;
  field.type = *Type::Parse(type);
  return field;
}

EventFileOrder SomeOrder() {
  EventFileOrder order;
  order.path = "/data/a \"b\".csv";
  order.format = FileFormat::kParquet;
  order.fields = {Field("user", "string"), Field("price", "decimal(12,2)"),
                  Field("at", "timestamp")};
  order.required = {"at"};
  order.zone = "Europe/Paris";
  order.at_day = DayPoint::kEndOfDay;
  order.scratch_dir = "/tmp";
  order.memory_max_bytes = int64_t{3} << 30;
  return order;
}

TEST(EventFileOrderTest, IsReadAsItWasWritten) {
  const EventFileOrder order = SomeOrder();
  const std::string line = SerializeEventFileOrder(order);
  ASSERT_TRUE(IsEventFileOrder(line));
  EXPECT_EQ(line.find('\n'), std::string::npos);

  const auto read = ParseEventFileOrder(line);

  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->path, order.path);
  EXPECT_EQ(read->format, order.format);
  EXPECT_EQ(read->fields, order.fields);
  EXPECT_EQ(read->required, order.required);
  EXPECT_EQ(read->zone, order.zone);
  EXPECT_EQ(read->at_day, order.at_day);
  EXPECT_EQ(read->scratch_dir, order.scratch_dir);
  EXPECT_EQ(read->memory_max_bytes, order.memory_max_bytes);
  EXPECT_EQ(SerializeEventFileOrder(*read), line);
}

TEST(EventFileOrderTest, WhatIsNoOrderIsRefused) {
  const std::string line = SerializeEventFileOrder(SomeOrder());
  const auto changed = [&line](const std::string& from, const std::string& to) {
    std::string text = line;
    const size_t at = text.find(from);
    CHECK(at != std::string::npos);
    return text.replace(at, from.size(), to);
  };
  for (const std::string& wrong :
       {std::string(), std::string("{\"events\":"), std::string("[]"),
        std::string("{\"events\":1}"), line.substr(0, line.size() - 1),
        changed("\"parquet\"", "\"json_lines\""),
        changed("\"parquet\"", "\"auto\""), changed("\"parquet\"", "1"),
        changed("\"path\"", "\"paths\""), changed("\"string\"", "\"strong\""),
        changed("\"string\"", "\"list<string>\""),
        changed("\"end_of_day\"", "\"noon\""), changed("[\"at\"]", "[1]"),
        changed("3221225472", "3.5")}) {
    EXPECT_FALSE(ParseEventFileOrder(wrong).ok()) << wrong;
  }
}

TEST(EventFrameTest, FramesAreTakenInTheOrderInWhichTheyWereAppended) {
  std::string out;
  AppendEventFrame(EventFrameKind::kChecked, std::string("\1\0", 2), out);
  AppendEventFrame(EventFrameKind::kRow, "", out);
  AppendReadFrame(int64_t{5} << 40, out);
  AppendEndFrame(DataLoss("page 7"), out);
  // Whatever part of them has come.
  std::string_view part;
  for (size_t size = 0; size < 7; ++size) {
    part = std::string_view(out).substr(0, size);
    const auto none = TakeEventFrame(part);
    ASSERT_TRUE(none.ok());
    EXPECT_FALSE(none->has_value()) << size;
    EXPECT_EQ(part.size(), size);
  }

  std::string_view rest = out;
  const auto checked = **TakeEventFrame(rest);
  EXPECT_EQ(checked.kind, EventFrameKind::kChecked);
  EXPECT_EQ(checked.payload, std::string_view("\1\0", 2));
  const auto row = **TakeEventFrame(rest);
  EXPECT_EQ(row.kind, EventFrameKind::kRow);
  EXPECT_EQ(row.payload, "");
  EXPECT_EQ(*BytesOfReadFrame((**TakeEventFrame(rest)).payload),
            int64_t{5} << 40);
  EXPECT_EQ(StatusOfEndFrame((**TakeEventFrame(rest)).payload),
            DataLoss("page 7"));
  EXPECT_EQ(rest, "");
}

TEST(EventFrameTest, WhatIsNoFrameIsRefused) {
  for (const std::string& wrong :
       {std::string("\0\0\0\0\0", 5), std::string("\5\0\0\0\0", 5),
        std::string("{\"phase\":\"failed\"}"), std::string("\2\1\0\0\4", 5)}) {
    std::string_view bytes = wrong;
    EXPECT_FALSE(TakeEventFrame(bytes).ok()) << wrong;
  }
  EXPECT_FALSE(BytesOfReadFrame("1234567").ok());
  EXPECT_EQ(StatusOfEndFrame("").code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(StatusOfEndFrame("\x7fx").code(), absl::StatusCode::kUnknown);
  EXPECT_TRUE(StatusOfEndFrame(std::string(1, '\0')).ok());
}

}  // namespace
}  // namespace freshet
