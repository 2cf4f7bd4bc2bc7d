// SPDX-License-Identifier: Apache-2.0
#include "server/http/object_events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freshet {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// As the S3 user guide, "Event message structure", has it.
constexpr std::string_view kS3 = R"({"Records": [
  {"eventVersion": "2.1", "eventSource": "aws:s3",
   "eventName": "ObjectCreated:Put",
   "s3": {"bucket": {"name": "warehouse", "arn": "arn:aws:s3:::warehouse"},
          "object": {"key": "users/ds%3D2013-03-10/a+b%C3%A9.parquet",
                     "size": 7}}},
  {"s3": {"bucket": {"name": "other"}, "object": {"key": "x%zz%4"}}}]})";

TEST(ObjectEventsTest, S3NamesObjectsPercentEncoded) {
  const auto objects = ObjectsOf(kS3);
  ASSERT_TRUE(objects.ok()) << objects.status();
  EXPECT_THAT(*objects,
              ElementsAre("warehouse/users/ds=2013-03-10/a b\xc3\xa9.parquet",
                          "other/x%zz%4"));
}

TEST(ObjectEventsTest, SnsWrapsThem) {
  const auto objects = ObjectsOf(
      R"({"Type": "Notification", "Message": "{\"Records\": [{\"s3\": )"
      R"({\"bucket\": {\"name\": \"b\"}, \"object\": {\"key\": \"k\"}}}]}"})");
  ASSERT_TRUE(objects.ok()) << objects.status();
  EXPECT_THAT(*objects, ElementsAre("b/k"));
}

TEST(ObjectEventsTest, EventBridgeNamesThemAsTheyAre) {
  const auto objects =
      ObjectsOf(R"({"source": "aws.s3", "detail": {"bucket": {"name": "b"},)"
                R"( "object": {"key": "a+b"}}})");
  ASSERT_TRUE(objects.ok()) << objects.status();
  EXPECT_THAT(*objects, ElementsAre("b/a+b"));
}

TEST(ObjectEventsTest, TheTestOfANewNotificationIsAboutNone) {
  const auto objects =
      ObjectsOf(R"({"Service": "Amazon S3", "Event": "s3:TestEvent"})");
  ASSERT_TRUE(objects.ok()) << objects.status();
  EXPECT_THAT(*objects, IsEmpty());
}

TEST(ObjectEventsTest, OtherBodiesAreRefused) {
  for (const char* body :
       {"", "{", "[]", "7", "{}", R"({"Records": 7})", R"({"Records": [7]})",
        R"({"Records": [{"s3": {"bucket": {"name": 7}}}]})",
        R"({"Message": "{"})", R"({"detail": {"bucket": {}}})",
        R"({"Message": "{\"Message\": \"{\\\"Message\\\": \\\"{}\\\"}\"}"})"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ObjectsOf(body).status())) << body;
  }
}

}  // namespace
}  // namespace freshet
