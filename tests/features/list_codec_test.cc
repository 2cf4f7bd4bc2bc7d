// SPDX-License-Identifier: Apache-2.0
#include "features/list_codec.h"

#include <gtest/gtest.h>

#include "features/little_endian.h"

namespace freshet {
namespace {

using namespace std::string_literals;

template <typename T>
std::string Bytes(T value) {
  std::string bytes;
  AppendLittle(value, &bytes);
  return bytes;
}

TEST(ListCodecTest, FixedWidthElementsAndNullsComeBack) {
  ListWriter writer(Kind::kInt32);
  writer.Begin();
  writer.Add(Bytes(int32_t{5}));
  writer.AddNull();
  writer.Add(Bytes(int32_t{-6}));
  const auto list = ParseList(Kind::kInt32, writer.Finish());

  ASSERT_TRUE(list.ok()) << list.status();
  ASSERT_EQ(list->size, 3u);
  EXPECT_EQ(list->Element(0), Bytes(int32_t{5}));
  EXPECT_TRUE(list->IsNull(1));
  EXPECT_EQ(list->Element(1), Bytes(int32_t{0}));
  EXPECT_EQ(list->Element(2), Bytes(int32_t{-6}));
}

TEST(ListCodecTest, StringsComeBackAndANullIsNotAnEmptyOne) {
  ListWriter writer(Kind::kString);
  writer.Begin();
  writer.Add("ab");
  writer.Add("");
  writer.AddNull();
  writer.Add("c\0d"s);
  const auto list = ParseList(Kind::kString, writer.Finish());

  ASSERT_TRUE(list.ok()) << list.status();
  ASSERT_EQ(list->size, 4u);
  EXPECT_EQ(list->Element(0), "ab");
  EXPECT_EQ(list->Element(1), "");
  EXPECT_FALSE(list->IsNull(1));
  EXPECT_EQ(list->Element(2), "");
  EXPECT_TRUE(list->IsNull(2));
  EXPECT_EQ(list->Element(3), "c\0d"s);
}

TEST(ListCodecTest, AListWithoutNullsHasNoNullBytes) {
  ListWriter writer(Kind::kDouble);
  writer.Begin();
  writer.Add(Bytes(1.5));
  const std::string payload(writer.Finish());

  EXPECT_EQ(payload, "\x01\0\0\0\0"s + Bytes(1.5));
  EXPECT_TRUE(ParseList(Kind::kDouble, payload)->nulls.empty());
}

TEST(ListCodecTest, TheWriterIsReusedWithoutTracesOfTheListBefore) {
  ListWriter writer(Kind::kString);
  writer.Begin();
  writer.AddNull();
  writer.Add("long before");
  writer.Finish();
  writer.Begin();
  const auto list = ParseList(Kind::kString, writer.Finish());

  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_EQ(list->size, 0u);
}

TEST(ListCodecTest, WhatIsNotAListIsDataLoss) {
  const std::pair<Kind, std::string> bad[] = {
      {Kind::kInt32, ""s},
      {Kind::kInt32, "\x01\0\0\0"s},              // No null mark.
      {Kind::kInt32, "\x01\0\0\0\x02\0\0\0\0"s},  // A null mark of 2.
      {Kind::kInt32, "\x01\0\0\0\0\0\0\0"s},      // 3 bytes of 4.
      {Kind::kInt32, "\x01\0\0\0\0\0\0\0\0\0"s},  // 5 bytes of 4.
      {Kind::kInt32, "\xff\xff\xff\xff\x01"s},    // 4 billion elements.
      {Kind::kString, "\xff\xff\xff\x3f\0abcd"s},
      {Kind::kString, "\x01\0\0\0\0\x02\0\0\0a"s},   // End past the bytes.
      {Kind::kString, "\x01\0\0\0\0\x01\0\0\0ab"s},  // A byte too many.
      {Kind::kString, "\x02\0\0\0\0\x02\0\0\0\x01\0\0\0ab"s},  // Falling ends.
  };
  for (const auto& [kind, payload] : bad) {
    EXPECT_EQ(ParseList(kind, payload).status().code(),
              absl::StatusCode::kDataLoss)
        << testing::PrintToString(payload);
  }
}

}  // namespace
}  // namespace freshet
