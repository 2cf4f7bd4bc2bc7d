// SPDX-License-Identifier: Apache-2.0
// The wire form of requests and replies is frozen as v1: fields and values may
// be added, what is listed here stays (docs/decisions/0002-reply-wire-form.md).
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <set>

#include "freshet/v1/online.pb.h"

namespace freshet {
namespace {

// `Message.number: label type packed`; an enumeration's `Name = number`.
constexpr std::string_view kV1[] = {
    "GetFeaturesRequest.1: string",
    "GetFeaturesRequest.2: repeated string",
    "GetFeaturesRequest.3: repeated KeyColumn",
    "GetFeaturesRequest.4: bool",
    "GetFeaturesRequest.5: bool",
    "GetFeaturesRequest.6: bool",
    "GetFeaturesRequest.7: bool",
    "GetFeaturesRequest.8: repeated VersionPin",
    "GetFeaturesRequest.9: string",
    "GetFeaturesRequest.10: string",
    "KeyColumn.1: string",
    "KeyColumn.2: bool",
    "KeyColumn.3: repeated string",
    "KeyColumn.4: packed sint64",
    "KeyColumn.5: repeated bytes",
    "VersionPin.1: string",
    "VersionPin.2: int64",
    "GetFeaturesResponse.1: repeated Column",
    "GetFeaturesResponse.2: string",
    "GetFeaturesResponse.3: uint32",
    "GetFeaturesResponse.4: repeated ServedVersion",
    "GetFeaturesResponse.5: sfixed64",
    "GetFeaturesResponse.6: string",
    "ServedVersion.1: string",
    "ServedVersion.2: int64",
    "Column.1: bytes",
    "Column.2: bool",
    "Column.3: packed bool",
    "Column.4: packed sfixed32",
    "Column.5: packed sfixed64",
    "Column.6: packed float",
    "Column.7: packed double",
    "Column.8: bytes",
    "Column.9: packed fixed32",
    "Column.10: packed fixed32",
    "Column.11: bytes",
    "Column.12: packed sfixed64",
    "Column.13: string",
    "Column.14: Type",
    "Type.1: Kind",
    "Type.2: bool",
    "Type.3: uint32",
    "Type.4: uint32",
    "Type.5: uint32",
    "KIND_UNSPECIFIED = 0",
    "KIND_BOOL = 1",
    "KIND_INT32 = 2",
    "KIND_INT64 = 3",
    "KIND_FLOAT = 4",
    "KIND_DOUBLE = 5",
    "KIND_STRING = 6",
    "KIND_BYTES = 7",
    "KIND_TIMESTAMP = 8",
    "KIND_DECIMAL = 9",
    "STATE_UNSPECIFIED = 0",
    "STATE_PRESENT = 1",
    "STATE_NULL = 2",
    "STATE_NOT_FOUND = 3",
    "STATE_EXPIRED = 4",
    "STATE_INCOMPLETE = 5",
    "STATE_ERROR = 6",
    "CAUSE_NONE = 0",
    "CAUSE_DEFAULTED = 1",
    "CAUSE_STALE = 2",
    "CAUSE_SOURCE_TIMEOUT = 3",
    "CAUSE_SOURCE_ERROR = 4",
    "CAUSE_NOT_AUTHORISED = 5",
    "CAUSE_NOT_IN_VERSION = 6",
    "CAUSE_CORRUPT = 7",
    "CAUSE_OVERFLOW = 8",
    "CAUSE_INPUT = 9",
};

std::string TypeOf(const google::protobuf::FieldDescriptor& field) {
  if (field.message_type() != nullptr) return field.message_type()->name();
  if (field.enum_type() != nullptr) return field.enum_type()->name();
  return field.type_name();
}

void AddFields(const google::protobuf::Descriptor& message,
               std::set<std::string>& lines) {
  for (int i = 0; i < message.field_count(); ++i) {
    const auto& field = *message.field(i);
    const std::string_view label = field.is_packed()     ? "packed "
                                   : field.is_repeated() ? "repeated "
                                                         : "";
    lines.insert(fmt::format("{}.{}: {}{}", message.name(), field.number(),
                             label, TypeOf(field)));
  }
}

void AddValues(const google::protobuf::EnumDescriptor& values,
               std::set<std::string>& lines) {
  for (int i = 0; i < values.value_count(); ++i) {
    lines.insert(fmt::format("{} = {}", values.value(i)->name(),
                             values.value(i)->number()));
  }
}

TEST(WireV1Test, NothingThatIsFrozenHasChanged) {
  std::set<std::string> lines;
  for (const auto* message :
       {v1::GetFeaturesRequest::descriptor(), v1::KeyColumn::descriptor(),
        v1::VersionPin::descriptor(), v1::GetFeaturesResponse::descriptor(),
        v1::ServedVersion::descriptor(), v1::Column::descriptor(),
        v1::Type::descriptor()}) {
    AddFields(*message, lines);
  }
  for (const auto* values : {v1::Kind_descriptor(), v1::State_descriptor(),
                             v1::Cause_descriptor()}) {
    AddValues(*values, lines);
  }

  for (const std::string_view line : kV1) {
    EXPECT_EQ(lines.count(std::string(line)), 1u) << line;
  }
}

TEST(WireV1Test, MethodIsWhereItWas) {
  const auto* method = v1::GetFeaturesRequest::descriptor()
                           ->file()
                           ->FindServiceByName("OnlineService")
                           ->FindMethodByName("GetFeatures");
  EXPECT_EQ(method->full_name(), "freshet.v1.OnlineService.GetFeatures");
  EXPECT_EQ(method->input_type(), v1::GetFeaturesRequest::descriptor());
  EXPECT_EQ(method->output_type(), v1::GetFeaturesResponse::descriptor());
  EXPECT_FALSE(method->client_streaming() || method->server_streaming());
}

// A reply as the first release wrote it: two rows, a column of doubles (1.5,
// missing) and one of strings ("a", "").
TEST(WireV1Test, FirstReleasesReplyIsRead) {
  const std::string bytes(
      "\x0a\x16\x0a\x02\x01\x03"
      "\x3a\x10\x00\x00\x00\x00\x00\x00\xf8\x3f\x00\x00\x00\x00\x00\x00\x00\x00"
      "\x0a\x11\x0a\x02\x01\x01\x42\x01"
      "a"
      "\x4a\x08\x01\x00\x00\x00\x01\x00\x00\x00"
      "\x12\x02"
      "id"
      "\x18\x02"
      "\x22\x05\x0a\x01"
      "v"
      "\x10\x07"
      "\x29\x40\x42\x0f\x00\x00\x00\x00\x00",
      24 + 19 + 4 + 2 + 7 + 9);

  v1::GetFeaturesResponse reply;
  ASSERT_TRUE(reply.ParseFromString(bytes));

  ASSERT_EQ(reply.columns_size(), 2);
  EXPECT_EQ(reply.columns(0).statuses(), "\x01\x03");
  EXPECT_THAT(reply.columns(0).doubles(), ::testing::ElementsAre(1.5, 0));
  EXPECT_EQ(reply.columns(1).blob(), "a");
  EXPECT_THAT(reply.columns(1).ends(), ::testing::ElementsAre(1, 1));
  EXPECT_EQ(reply.request_id(), "id");
  EXPECT_EQ(reply.rows(), 2u);
  EXPECT_EQ(reply.versions(0).view(), "v");
  EXPECT_EQ(reply.versions(0).version(), 7);
  EXPECT_EQ(reply.request_time_micros(), 1'000'000);
  EXPECT_EQ(reply.SerializeAsString(), bytes);
}

}  // namespace
}  // namespace freshet
