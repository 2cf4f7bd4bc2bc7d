// SPDX-License-Identifier: Apache-2.0
#include "config/object_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace freshet {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Error(const std::string& text) {
  const auto url = ParseObjectUrl(text);
  EXPECT_EQ(url.status().code(), absl::StatusCode::kInvalidArgument) << text;
  return std::string(url.status().message());
}

bool Under(const std::string& url, const std::string& root) {
  return IsUnder(*ParseObjectUrl(url), *ParseObjectUrl(root));
}

TEST(ObjectUrlTest, PartsAreBucketAndKeyWithoutSlashesAtTheEnd) {
  const auto url = ParseObjectUrl("s3://warehouse/features/day=2026-01-31//");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->scheme, "s3");
  EXPECT_EQ(url->bucket, "warehouse");
  EXPECT_EQ(url->key, "features/day=2026-01-31");
  EXPECT_EQ(url->path(), "warehouse/features/day=2026-01-31");
  EXPECT_EQ(url->ToString(), "s3://warehouse/features/day=2026-01-31");

  const auto bucket = ParseObjectUrl("gs://warehouse/");
  ASSERT_TRUE(bucket.ok()) << bucket.status();
  EXPECT_EQ(bucket->key, "");
  EXPECT_EQ(bucket->path(), "warehouse");
}

TEST(ObjectUrlTest, OnlyAWordBeforeTheSeparatorIsAScheme) {
  EXPECT_TRUE(IsUrl("s3://b/k"));
  EXPECT_TRUE(IsUrl("FILE:///etc/passwd"));
  EXPECT_FALSE(IsUrl("/data/s3://b"));
  EXPECT_FALSE(IsUrl("://b"));
  EXPECT_FALSE(IsUrl("s3:/b"));
  EXPECT_FALSE(IsUrl("snapshots/day=1"));
}

TEST(ObjectUrlTest, WhatIsNoPlaceInAnObjectStoreIsRefused) {
  EXPECT_THAT(Error("file:///etc/passwd"), HasSubstr("'file' is not an"));
  EXPECT_THAT(Error("S3://b/k"), HasSubstr("'S3' is not an"));
  EXPECT_THAT(Error("s3://"), HasSubstr("has no bucket"));
  EXPECT_THAT(Error("s3:///k"), HasSubstr("has no bucket"));
  EXPECT_THAT(Error("s3://b/a//k"), HasSubstr("segment ''"));
  EXPECT_THAT(Error("s3://b/a/../k"), HasSubstr("segment '..'"));
  EXPECT_THAT(Error("s3://b/./k"), HasSubstr("segment '.'"));
  EXPECT_THAT(Error("s3://b/k?endpoint_override=evil"), HasSubstr("'?'"));
  EXPECT_THAT(Error("s3://b/k#f"), HasSubstr("'#'"));
  EXPECT_THAT(Error("s3://b/k\n"), HasSubstr("control character"));
}

TEST(ObjectUrlTest, CredentialsInAUrlAreRefusedAndNotRepeated) {
  EXPECT_THAT(Error("s3://key:secret@b/k"), HasSubstr("no user, password"));
  for (const char* url : {"s3://key:secret@b/k", "https://key:secret@b/k",
                          "s3://key:secret@b/k?x", "s3://key:secret@b/../k"}) {
    EXPECT_THAT(Error(url), Not(HasSubstr("secret"))) << url;
  }
}

TEST(ObjectUrlTest, ALogHasNoPassword) {
  EXPECT_EQ(WithoutUser("s3://key:secret@b/k@1"), "s3://...@b/k@1");
  EXPECT_EQ(WithoutUser("s3://a@b@c"), "s3://...@c");
  EXPECT_EQ(WithoutUser("s3://b/k@1"), "s3://b/k@1");
  EXPECT_EQ(WithoutUser("snapshots/a@b"), "snapshots/a@b");
}

TEST(ObjectUrlTest, BeneathIsByWholeSegments) {
  EXPECT_TRUE(Under("s3://b/a/x", "s3://b/a"));
  EXPECT_TRUE(Under("s3://b/a", "s3://b/a/"));
  EXPECT_TRUE(Under("s3://b/a", "s3://b"));
  EXPECT_FALSE(Under("s3://b/ab", "s3://b/a"));
  EXPECT_FALSE(Under("s3://b/a", "s3://b/a/x"));
  EXPECT_FALSE(Under("s3://bb/a", "s3://b"));
  EXPECT_FALSE(Under("gs://b/a", "s3://b"));
}

}  // namespace
}  // namespace freshet
