// SPDX-License-Identifier: Apache-2.0
#include "storage/protocol/watch_protocol.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

WatchOrder AnOrder() {
  WatchOrder order;
  order.sources.resize(2);
  order.sources[0].view = "users";
  order.sources[0].source.path = "s3://b/users";
  order.sources[0].source.columns = {{"a", "b"}};
  order.sources[0].source.watch = {.every_micros = 7,
                                   .complete = Complete::kQuiet,
                                   .quiet_micros = 8,
                                   .each = SnapshotPlace::kDirectory};
  order.sources[0].after = "ds=1";
  order.sources[1].view = "items";
  order.sources[1].source.path = "/items";
  order.sources[1].source.watch = WatchSettings();
  order.roots = {"/r", "s3://b"};
  order.s3.endpoint = "http://store";
  order.memory_max_bytes = 9;
  return order;
}

TEST(WatchProtocolTest, AnOrderComesBackAsItWas) {
  const WatchOrder order = AnOrder();
  const std::string line = SerializeWatchOrder(order);
  EXPECT_TRUE(IsWatchOrder(line));
  EXPECT_EQ(line.find('\n'), std::string::npos);

  const auto back = ParseWatchOrder(line);

  ASSERT_TRUE(back.ok()) << back.status();
  ASSERT_EQ(back->sources.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(back->sources[i].view, order.sources[i].view);
    EXPECT_EQ(back->sources[i].after, order.sources[i].after);
    EXPECT_EQ(back->sources[i].source.path, order.sources[i].source.path);
    EXPECT_EQ(back->sources[i].source.columns, order.sources[i].source.columns);
    EXPECT_EQ(back->sources[i].source.watch, order.sources[i].source.watch);
  }
  EXPECT_EQ(back->roots, order.roots);
  EXPECT_EQ(back->s3, order.s3);
  EXPECT_EQ(back->memory_max_bytes, 9);
}

TEST(WatchProtocolTest, ASightingComesBackAsItWas) {
  Sighting sighting;
  sighting.view = "users";
  sighting.status = absl::FailedPreconditionError("no \"_SUCCESS\" yet\n");
  sighting.path = "/users/ds=1";
  sighting.sum = 0xfedcba9876543210;
  sighting.files = 3;
  sighting.bytes = 1 << 30;
  sighting.note = "late";
  const std::string line = SerializeSighting(sighting);
  EXPECT_EQ(line.find('\n'), line.size() - 1);

  const auto back = ParseSighting(line);

  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->view, sighting.view);
  EXPECT_EQ(back->status, sighting.status);
  EXPECT_EQ(back->path, sighting.path);
  EXPECT_EQ(back->sum, sighting.sum);
  EXPECT_EQ(back->files, sighting.files);
  EXPECT_EQ(back->bytes, sighting.bytes);
  EXPECT_EQ(back->note, sighting.note);
}

TEST(WatchProtocolTest, AWakeComesBackAsItWas) {
  for (const std::optional<std::string>& after :
       {std::optional<std::string>(), std::optional<std::string>(""),
        std::optional<std::string>("a \"day\"\n")}) {
    const std::string line =
        SerializeWatchWake({.view = "users", .after = after});
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    const auto back = ParseWatchWake(line);
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(back->view, "users");
    EXPECT_EQ(back->after, after);
  }
}

TEST(WatchProtocolTest, WhatIsNoneIsDataLoss) {
  const std::string code_99 =
      R"({"view": "users", "status": {"code": 99, "message": ""}, "path": "",)"
      R"( "sum": "0000000000000000", "files": 0, "bytes": 0})";
  const std::vector<std::string> lines = {
      "", "{}", "users", R"({"watch": 7})", R"({"watch": {}})", code_99};
  for (const std::string& line : lines) {
    EXPECT_TRUE(absl::IsDataLoss(ParseWatchOrder(line).status())) << line;
    EXPECT_TRUE(absl::IsDataLoss(ParseSighting(line).status())) << line;
    if (line == code_99) continue;  // It names a view.
    EXPECT_TRUE(absl::IsDataLoss(ParseWatchWake(line).status())) << line;
  }
  WatchOrder order = AnOrder();
  order.sources[1].source.watch.reset();
  EXPECT_TRUE(
      absl::IsDataLoss(ParseWatchOrder(SerializeWatchOrder(order)).status()));
}

}  // namespace
}  // namespace freshet
