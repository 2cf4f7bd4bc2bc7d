// SPDX-License-Identifier: Apache-2.0
#include "features/row_transcoder.h"

#include <gtest/gtest.h>

#include <string>

namespace freshet {
namespace {

using namespace std::string_literals;

constexpr Type kInt32 = {.kind = Kind::kInt32};
constexpr Type kInt64 = {.kind = Kind::kInt64};
constexpr Type kString = {.kind = Kind::kString};

TEST(RowTranscoderTest, FeaturesAreMatchedByIdAndWidened) {
  const RowSchema from(1, {},
                       {{1, "gone", kInt64},
                        {2, "old", kInt32},
                        {3, "text", kString},
                        {4, "other", kString},
                        {6, "null", kInt64}});
  const RowSchema to(2, {},
                     {{3, "text", kString},
                      {2, "renamed", kInt64},
                      {5, "new", kInt64},
                      {4, "other", kInt64},
                      {6, "null", kInt64}});
  RowWriter writer(from);
  writer.Begin(77);
  ASSERT_TRUE(writer.SetValue(0, Value(int64_t{1})).ok());
  ASSERT_TRUE(writer.SetValue(1, Value(int64_t{-5})).ok());
  ASSERT_TRUE(writer.SetValue(2, Value("abc"s)).ok());
  ASSERT_TRUE(writer.SetValue(3, Value("x"s)).ok());
  RowTranscoder transcoder(from, to);

  const auto bytes = transcoder.Transcode(writer.Finish());

  ASSERT_TRUE(bytes.ok()) << bytes.status();
  const auto row = RowView::Parse(to, *bytes);
  ASSERT_TRUE(row.ok()) << row.status();
  EXPECT_EQ(row->event_time_micros(), 77);
  EXPECT_EQ(*row->Get(0), Value("abc"s));
  EXPECT_EQ(*row->Get(1), Value(int64_t{-5}));
  EXPECT_TRUE(row->IsNull(2));
  EXPECT_TRUE(row->IsNull(3));
  EXPECT_TRUE(row->IsNull(4));
}

TEST(RowTranscoderTest, ADeletedRowStaysOne) {
  const RowSchema from(1, {}, {{1, "a", kInt64}});
  const RowSchema to(2, {}, {{1, "a", kInt64}, {2, "b", kInt64}});
  RowTranscoder transcoder(from, to);

  const auto bytes = transcoder.Transcode(DeletedRow(from, 99));

  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_EQ(*bytes, DeletedRow(to, 99));
  EXPECT_TRUE(IsDeletedRow(*bytes));
  EXPECT_EQ(*RowEventTime(*bytes), 99);
}

TEST(RowTranscoderTest, WhatIsNoRowIsDataLoss) {
  const RowSchema schema(1, {}, {{1, "a", kInt64}});
  RowTranscoder transcoder(schema, schema);
  for (const std::string& bytes : {""s, "x"s, std::string(30, '\1')}) {
    EXPECT_TRUE(absl::IsDataLoss(transcoder.Transcode(bytes).status()));
  }
}

}  // namespace
}  // namespace freshet
