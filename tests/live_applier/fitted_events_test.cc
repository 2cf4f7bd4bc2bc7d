// SPDX-License-Identifier: Apache-2.0
#include "ingest/live/fitted_events.h"

#include <gtest/gtest.h>

#include "tests/live_applier/live_kit.h"

namespace freshet {
namespace {

TEST(FittedEventsTest, EventsOfBeforeAreReadAsTheSourceIsDefinedNow) {
  StreamSource source = Payments();
  source.fields = {{"at", {.kind = Kind::kTimestamp}},
                   {"country", {.kind = Kind::kString}},
                   {"cents", {.kind = Kind::kString}},
                   {"user", {.kind = Kind::kString}}};
  const std::vector<Payment> payments = {{.cents = 7, .at = 5},
                                         {.user = std::nullopt, .at = 6}};

  const EventBatch events = FittedTo(source, PaymentEvents(payments, 9, 3));

  EXPECT_EQ(events.rows, 2U);
  EXPECT_EQ(events.offsets, (std::vector<int64_t>{3, 4}));
  ASSERT_EQ(events.fields.size(), 4U);
  EXPECT_EQ(events.fields[0].integers, (std::vector<int64_t>{5, 6}));
  EXPECT_EQ(events.fields[1].states[0], RowState::kNull);
  EXPECT_EQ(events.fields[2].states[0], RowState::kNull) << "not the number";
  EXPECT_EQ(events.fields[3].strings[0], "ann");
  EXPECT_EQ(events.fields[3].states[1], RowState::kNull);
}

TEST(FittedEventsTest, ANumberThatBecameWiderIsTheSame) {
  LoggedEvents logged{.source = "s", .fields = {{"n", {.kind = Kind::kInt32}}}};
  logged.events.rows = 1;
  logged.events.partitions = {0};
  logged.events.offsets = {0};
  ValueColumn& column = logged.events.fields.emplace_back();
  column.type = logged.fields[0].type;
  column.Resize(1);
  column.states[0] = RowState::kValue;
  column.integers[0] = -3;

  const EventBatch events = FittedTo(
      {.name = "s", .fields = {{"n", {.kind = Kind::kInt64}}}}, logged);

  EXPECT_EQ(events.fields[0].type.kind, Kind::kInt64);
  EXPECT_EQ(events.fields[0].states[0], RowState::kValue);
  EXPECT_EQ(events.fields[0].integers[0], -3);
}

}  // namespace
}  // namespace freshet
