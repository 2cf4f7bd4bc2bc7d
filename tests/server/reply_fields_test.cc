// SPDX-License-Identifier: Apache-2.0
#include "server/online/reply_fields.h"

#include <gtest/gtest.h>

#include "freshet/v1/online.pb.h"
#include "server/online/status_byte.h"

namespace freshet {
namespace {

// A field of the generated code that nothing here writes is a test that fails.
template <typename Message>
void ExpectFields(const std::map<std::string, uint32_t>& wanted) {
  std::map<std::string, uint32_t> real;
  const auto* descriptor = Message::descriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    real[descriptor->field(i)->name()] =
        static_cast<uint32_t>(descriptor->field(i)->number());
  }
  EXPECT_EQ(real, wanted);
}

TEST(ReplyFieldsTest, NumbersAreThoseOfTheProto) {
  ExpectFields<v1::GetFeaturesResponse>(
      {{"columns", kReplyColumns},
       {"request_id", kReplyRequestId},
       {"rows", kReplyRows},
       {"versions", kReplyVersions},
       {"request_time_micros", kReplyRequestTime},
       {"definitions_hash", kReplyDefinitionsHash}});
  ExpectFields<v1::ServedVersion>(
      {{"view", kServedView}, {"version", kServedVersion}});
  ExpectFields<v1::Column>({{"statuses", kColumnStatuses},
                            {"shared", kColumnShared},
                            {"bools", kColumnBools},
                            {"int32s", kColumnInt32s},
                            {"int64s", kColumnInt64s},
                            {"floats", kColumnFloats},
                            {"doubles", kColumnDoubles},
                            {"blob", kColumnBlob},
                            {"ends", kColumnEnds},
                            {"list_ends", kColumnListEnds},
                            {"null_elements", kColumnNullElements},
                            {"event_times_micros", kColumnEventTimes},
                            {"name", kColumnName},
                            {"type", kColumnType}});
  ExpectFields<v1::Type>({{"kind", kTypeKind},
                          {"list", kTypeList},
                          {"fixed_length", kTypeFixedLength},
                          {"precision", kTypePrecision},
                          {"scale", kTypeScale}});
}

TEST(ReplyFieldsTest, StatesCausesAndKindsAreThoseOfTheProto) {
  EXPECT_EQ(static_cast<int>(ValueState::kPresent), v1::STATE_PRESENT);
  EXPECT_EQ(static_cast<int>(ValueState::kNull), v1::STATE_NULL);
  EXPECT_EQ(static_cast<int>(ValueState::kNotFound), v1::STATE_NOT_FOUND);
  EXPECT_EQ(static_cast<int>(ValueState::kExpired), v1::STATE_EXPIRED);
  EXPECT_EQ(static_cast<int>(ValueState::kError), v1::STATE_ERROR);
  EXPECT_EQ(static_cast<int>(ValueCause::kDefaulted), v1::CAUSE_DEFAULTED);
  EXPECT_EQ(static_cast<int>(ValueCause::kStale), v1::CAUSE_STALE);
  EXPECT_EQ(static_cast<int>(ValueCause::kSourceTimeout),
            v1::CAUSE_SOURCE_TIMEOUT);
  EXPECT_EQ(static_cast<int>(ValueCause::kSourceError), v1::CAUSE_SOURCE_ERROR);
  EXPECT_EQ(static_cast<int>(ValueCause::kNotInVersion),
            v1::CAUSE_NOT_IN_VERSION);
  EXPECT_EQ(static_cast<int>(ValueCause::kCorrupt), v1::CAUSE_CORRUPT);
  EXPECT_EQ(static_cast<int>(Kind::kBool), v1::KIND_BOOL);
  EXPECT_EQ(static_cast<int>(Kind::kDecimal), v1::KIND_DECIMAL);
}

}  // namespace
}  // namespace freshet
