// SPDX-License-Identifier: Apache-2.0
#include "bench/stream/payments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "config/timestamp.h"
#include "ingest/formats/json_events.h"

namespace freshet {
namespace {

// As the source of bench/stream/stream_kit.py has them.
const std::vector<StreamField> kFields = {
    {"user", {.kind = Kind::kInt64}},
    {"amount", {.kind = Kind::kDouble}},
    {"paid_at", {.kind = Kind::kTimestamp}},
    {"merchant", {.kind = Kind::kString}},
    {"payment_id", {.kind = Kind::kString}},
};

const int64_t kTime = *ParseTimestamp("2026-01-02T03:04:05.678901Z");

TEST(PaymentsTest, APaymentIsAnEventWithEachField) {
  PaymentSource payments({.users = 1'000'000, .zipf = 0.99, .seed = 7});
  JsonEvents json(kFields);
  EventRows rows(kFields);
  std::set<std::string_view> ids;
  for (int i = 0; i < 1'000; ++i) {
    const Payment payment = payments.Next(kTime + i);
    rows.Begin(0, i);
    ASSERT_TRUE(json.Read(payment.value, rows).ok()) << payment.value;
    const std::vector<ValueColumn>& fields = rows.batch().fields;
    for (const ValueColumn& field : fields) {
      EXPECT_EQ(field.states.back(), RowState::kValue);
    }
    EXPECT_EQ(payment.key, std::to_string(fields[0].integers.back()));
    EXPECT_THAT(fields[0].integers.back(),
                testing::AllOf(testing::Ge(0), testing::Lt(1'000'000)));
    EXPECT_EQ(fields[2].integers.back(), kTime + i);
    EXPECT_TRUE(ids.insert(fields[4].strings.back()).second);
    EXPECT_THAT(payment.value.size(),
                testing::AllOf(testing::Ge(120U), testing::Le(140U)));
  }
}

TEST(PaymentsTest, OfTwoRunsNoIdIsTheSame) {
  PaymentSource one({.users = 1, .seed = 1});
  PaymentSource two({.users = 1, .seed = 2});

  const std::string first = one.Of(5, kTime).value;
  const std::string second = two.Of(5, kTime).value;

  EXPECT_NE(first.substr(first.find("payment_id")),
            second.substr(second.find("payment_id")));
}

}  // namespace
}  // namespace freshet
