// SPDX-License-Identifier: Apache-2.0
// Random definitions, events, crashes and reads, against all events gone
// through one by one. FRESHET_SEED repeats a run, FRESHET_MODEL_STEPS says how
// many steps each has.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "base/failpoint.h"
#include "features/windows/window_cover.h"
#include "tests/live_applier/computed_value.h"
#include "tests/live_applier/live_kit.h"

namespace freshet {
namespace {

using enum AggregateFunction;

constexpr int64_t kFirstDay = 15'772;
const std::vector<int64_t> kLengths = {
    10 * kSecond, kMinute, 10 * kMinute, kHour, 6 * kHour, kDay, 9 * kDay, 0};

uint64_t Number(const char* name, uint64_t otherwise) {
  const char* given = std::getenv(name);
  return given == nullptr ? otherwise : std::strtoull(given, nullptr, 10);
}

struct Event {
  Payment payment;
  int64_t offset = 0;
  int64_t arrival_micros = 0;
  bool waits = false;
  bool duplicate = false;
  int64_t taken_micros = 0;  // When it counted, or would have: "now" for late.
  uint64_t step = 0;         // In which it was taken.
};

// Files of events that answer for a while in the place of what came.
struct ModelHistory {
  HistorySpan span = {};
  std::set<int64_t> offsets = {};  // Of the events that they have.
  std::shared_ptr<const Version> version = nullptr;
};

struct ModelView {
  WindowedView definition = {};
  int64_t cents_min = 0;  // What its filter wants.
  uint64_t step = 0;      // From which on it takes events.
  std::optional<ModelHistory> history = {};
};

class LiveModelTest : public testing::Test {
 protected:
  void TearDown() override { ASSERT_TRUE(ArmFailpoints("").ok()); }

  int64_t Below(int64_t end) {
    return static_cast<int64_t>(random_() % static_cast<uint64_t>(end));
  }
  bool Chance(int percent) { return Below(100) < percent; }

  void AddSeries(Aggregation& aggregation);
  void AddGroups(Aggregation& aggregation);
  void AddView();
  void GoToAnEdge();
  Payment DrawPayment();
  bool ComesAgain(const Payment& payment);
  void Append();
  void Release();
  void Compact();
  void CrashOrFlush();
  void ChangeHistory();
  void Read();
  bool Counts(const ModelView& view, const Event& event, int64_t late) const;
  int64_t EdgeOf(const Aggregation& aggregation, int64_t length,
                 int64_t windows) const;
  std::vector<Value> Expected(const ModelView& view, const std::string& user);
  void Run();

  std::mt19937_64 random_;
  TempDir dir_;  // Of histories.
  StoreResources resources_{8 << 20};
  LiveKit kit_;
  std::vector<ModelView> views_;
  std::vector<Event> events_;
  StreamSource source_ = Payments();
  std::map<int64_t, int64_t> came_;  // Id -> when it came last.
  int64_t now_ = kFirstDay * kDay + 7;
  int64_t next_id_ = 0;
  uint64_t step_ = 0;
  size_t values_read_ = 0;
  size_t crashes_ = 0;
  size_t histories_ = 0;
};

// Perhaps.
void LiveModelTest::AddSeries(Aggregation& aggregation) {
  const WindowSeries series = {
      .window_micros = kLengths[static_cast<size_t>(Below(7))],
      .count = static_cast<uint32_t>(2 + Below(6))};
  if (Chance(40) || !CheckWindow(aggregation, series).ok()) return;
  aggregation.series = series;
  // A list of lists is none.
  std::erase_if(aggregation.functions, [](const FunctionCall& call) {
    return call.function == kFirstN || call.function == kLastN;
  });
}

// Perhaps, where it has no series.
void LiveModelTest::AddGroups(Aggregation& aggregation) {
  if (aggregation.series || Chance(60)) return;
  aggregation.by = "kind";
  std::erase_if(aggregation.functions, [](const FunctionCall& call) {
    return call.function == kFirstN || call.function == kLastN ||
           call.function == kCountDistinct;
  });
}

void LiveModelTest::AddView() {
  const std::vector<AggregateFunction> functions = {
      kCount, kSum,  kMean,  kMin,    kMax,
      kFirst, kLast, kLastN, kFirstN, kCountDistinct};
  ModelView view{.step = step_ + 1};
  view.definition = {.name = fmt::format("view_{}", views_.size()),
                     .source = "payments",
                     .columns = {{"amount", "cents"}, {"kind", "cents // 100"}},
                     .since_micros = (kFirstDay - 3) * kDay,
                     .grace_micros = Below(2) * kHour};
  if (Chance(50)) {
    view.cents_min = 1 + Below(300);
    view.definition.filter = fmt::format("cents >= {}", view.cents_min);
  }
  for (const char* column : {"amount", ""}) {
    Aggregation aggregation{.column = column};
    for (const AggregateFunction function : functions) {
      if (*column == '\0' ? function != kCount : Chance(60)) continue;
      aggregation.functions.push_back(
          {.function = function, .n = 3, .size = 1'000});
    }
    if (Chance(50)) {
      aggregation.mode = WindowMode::kExact;
      aggregation.force_exact = Chance(50);
    }
    for (const int64_t length : kLengths) {
      if (CheckWindow(aggregation, {length}).ok() && Chance(50)) {
        aggregation.windows_micros.push_back(length);
      }
    }
    AddSeries(aggregation);
    AddGroups(aggregation);
    if (!aggregation.functions.empty() && !WindowsOf(aggregation).empty()) {
      view.definition.aggregations.push_back(aggregation);
    }
  }
  if (view.definition.aggregations.empty()) return AddView();
  kit_.AddView(view.definition, source_);
  views_.push_back(view);
}

// To where an event is about to leave a window, if that is soon.
void LiveModelTest::GoToAnEdge() {
  if (events_.empty()) return;
  const auto which = Below(static_cast<int64_t>(events_.size()));
  const auto& at = events_[static_cast<size_t>(which)].payment.at;
  if (!at) return;
  const int64_t edge = *at + kLengths[static_cast<size_t>(Below(7))];
  if (edge > now_ && edge < now_ + 9 * kHour) now_ = edge + Below(3) - 1;
}

Payment LiveModelTest::DrawPayment() {
  const int64_t ages[] = {kMinute, kHour, kDay, 12 * kDay};
  Payment payment;
  payment.user = Chance(5) ? std::optional<std::string>()
                           : fmt::format("user {}", Below(3));
  payment.cents = Chance(10) ? std::optional<int64_t>() : Below(600);
  payment.at =
      Chance(10) ? now_ + Below(5 * kMinute) : now_ - 1 - Below(ages[Below(4)]);
  if (Chance(20)) *payment.at -= *payment.at % kMinute;
  // Where a window begins that is asked for now.
  if (Chance(20)) {
    payment.at = now_ - kLengths[static_cast<size_t>(Below(7))] + Below(3) - 1;
  }
  if (Chance(3)) payment.at = std::nullopt;
  if (!source_.id_field.empty() && Chance(95)) {
    payment.id =
        Chance(15) ? std::max<int64_t>(0, next_id_ - Below(90)) : next_id_++;
  }
  return payment;
}

// Whether it came before, not too long ago.
bool LiveModelTest::ComesAgain(const Payment& payment) {
  if (!payment.id) return false;
  const auto known = came_.find(*payment.id);
  const bool again = known != came_.end() &&
                     known->second >= now_ - source_.deduplicate_micros;
  came_[*payment.id] = now_;
  return again;
}

void LiveModelTest::Append() {
  std::vector<std::vector<Payment>> drawn(static_cast<size_t>(1 + Below(3)));
  std::vector<LoggedEvents> batches;
  std::vector<Event> fresh;
  for (std::vector<Payment>& payments : drawn) {
    payments.resize(static_cast<size_t>(1 + Below(20)));
    const auto first = static_cast<int64_t>(events_.size() + fresh.size());
    for (Payment& payment : payments) {
      payment = DrawPayment();
      const auto offset = static_cast<int64_t>(events_.size() + fresh.size());
      const bool duplicate = ComesAgain(payment);
      const bool waits =
          !duplicate && payment.at.has_value() && *payment.at >= now_;
      fresh.push_back({.payment = payment,
                       .offset = offset,
                       .arrival_micros = now_,
                       .waits = waits,
                       .duplicate = duplicate,
                       .taken_micros = now_,
                       .step = step_});
    }
    batches.push_back(PaymentEvents(payments, now_, first));
  }
  const bool fails = Chance(5);
  ASSERT_TRUE(ArmFailpoints(fails ? "live.before_apply=error" : "").ok());
  ASSERT_EQ(kit_.applier().Append(std::move(batches)).ok(), !fails);
  events_.insert(events_.end(), fresh.begin(), fresh.end());
  if (!fails) return;
  ASSERT_TRUE(ArmFailpoints("").ok());
  kit_.Crash();
  ++crashes_;
}

void LiveModelTest::Release() {
  ASSERT_TRUE(kit_.applier().Release(now_).ok());
  for (Event& event : events_) {
    if (!event.waits || *event.payment.at >= now_) continue;
    event.waits = false;
    event.taken_micros = *event.payment.at + 1;
    event.step = step_;
  }
}

void LiveModelTest::Compact() {
  for (const auto& [number, generation] : kit_.store().generations()) {
    ASSERT_TRUE(generation->Compact().ok());
  }
}

void LiveModelTest::CrashOrFlush() {
  if (Chance(50)) kit_.applier().Expire(now_);
  if (Chance(20)) Compact();
  if (Chance(50)) {
    ASSERT_TRUE(kit_.store().Flush().ok());
    if (Chance(50)) {
      ASSERT_TRUE(kit_.log().Trim(*kit_.applier().FirstNeeded()).ok());
    }
  }
  if (Chance(60)) {
    kit_.Crash();
    ++crashes_;
  }
}

// Another version of it, or none: files that have most of what happened, also
// of what nobody took.
void LiveModelTest::ChangeHistory() {
  const auto which =
      static_cast<size_t>(Below(static_cast<int64_t>(views_.size())));
  ModelView& view = views_[which];
  view.history.reset();
  if (Chance(25)) return;
  const int64_t end = now_ - Below(2 * kDay);
  const HistorySpan span =
      SpanOfTiles(kit_.plan(which).windows,
                  {.from_micros = end - Below(14 * kDay), .end_micros = end});
  HistoryKit files{.dir = fmt::format("{}/{}", dir_.path(), ++histories_),
                   .plan = &kit_.plan(which),
                   .span = span};
  for (const Event& event : events_) {
    const auto& at = event.payment.at;
    if (!at || *at < span.from_micros || *at >= span.end_micros) continue;
    if (Chance(20)) continue;
    files.payments.push_back(event.payment);
    files.offsets.push_back(event.offset);
  }
  view.history =
      ModelHistory{.span = span,
                   .offsets = {files.offsets.begin(), files.offsets.end()},
                   .version = files.Make(resources_)};
}

// Whether the view has it.
bool LiveModelTest::Counts(const ModelView& view, const Event& event,
                           int64_t late) const {
  const Payment& payment = event.payment;
  if (!payment.at || !payment.user) return false;
  if (view.cents_min > 0 && payment.cents.value_or(-1) < view.cents_min) {
    return false;
  }
  if (view.history && *payment.at >= view.history->span.from_micros &&
      *payment.at < view.history->span.end_micros) {
    return view.history->offsets.contains(event.offset);
  }
  if (event.duplicate || event.waits || event.step < view.step) return false;
  return *payment.at >= event.taken_micros - late;
}

// By how much the old end of a window moves at a time.
int64_t HopIn(const Aggregation& aggregation, int64_t length) {
  return aggregation.mode == WindowMode::kExact ? 1 : TileMicros(HopOf(length));
}

// Where the last but `windows` of a length ends.
int64_t LiveModelTest::EdgeOf(const Aggregation& aggregation, int64_t length,
                              int64_t windows) const {
  const int64_t hop = HopIn(aggregation, length);
  const int64_t edge = now_ - windows * length;
  return edge - (edge % hop + hop) % hop;
}

// Those that are not null, of [first, second).
std::vector<int64_t> ValuesIn(const Aggregation& aggregation,
                              const std::vector<const Event*>& taken,
                              std::pair<int64_t, int64_t> window) {
  std::vector<int64_t> values;
  for (const Event* event : taken) {
    const int64_t at = *event->payment.at;
    if (at < window.first || at >= window.second) continue;
    if (aggregation.column.empty()) {
      values.push_back(1);
    } else if (event->payment.cents) {
      values.push_back(*event->payment.cents);
    }
  }
  return values;
}

// What a function is of each kind of payment or, without one, which there are.
Value Grouped(const Aggregation& aggregation, const FunctionCall* call,
              const std::vector<const Event*>& taken,
              std::pair<int64_t, int64_t> window) {
  std::map<int64_t, std::vector<const Event*>> groups;
  for (const Event* event : taken) {
    const auto& cents = event->payment.cents;
    if (cents) groups[*cents / 100].push_back(event);
  }
  Value::List list;
  for (const auto& [kind, events] : groups) {
    const std::vector<int64_t> values = ValuesIn(aggregation, events, window);
    if (values.empty()) continue;
    list.push_back(call == nullptr ? Value(kind) : Computed(*call, values));
  }
  return Value(list);
}

std::vector<Value> LiveModelTest::Expected(const ModelView& view,
                                           const std::string& user) {
  const int64_t since = view.definition.since_micros;
  int64_t longest = 0;  // With its hop.
  bool for_ever = false;
  for (const Aggregation& aggregation : view.definition.aggregations) {
    for (const WindowSeries& windows : WindowsOf(aggregation)) {
      const int64_t length = windows.window_micros * windows.count;
      for_ever |= length == 0;
      if (length == 0) continue;
      const bool exact = aggregation.mode == WindowMode::kExact;
      longest =
          std::max(longest, length + (exact ? 0 : HopIn(aggregation, length)));
    }
  }
  std::vector<const Event*> taken;
  for (const Event& event : events_) {
    int64_t late = longest + view.definition.grace_micros;
    if (for_ever && event.payment.at.value_or(since - 1) >= since) {
      late = now_;  // Never.
    }
    if (event.payment.user == user && Counts(view, event, late)) {
      taken.push_back(&event);
    }
  }
  std::sort(taken.begin(), taken.end(), [](const Event* a, const Event* b) {
    return std::pair(*a->payment.at, a->offset) <
           std::pair(*b->payment.at, b->offset);
  });
  std::vector<Value> expected;
  for (const Aggregation& aggregation : view.definition.aggregations) {
    const auto window_of = [&](const WindowSeries& windows, int64_t later) {
      const int64_t length = windows.window_micros;
      return std::pair(
          length > 0 ? EdgeOf(aggregation, length, later + 1) : since,
          later == 0 ? now_ : EdgeOf(aggregation, length, later));
    };
    for (const FunctionCall& call : aggregation.functions) {
      for (const WindowSeries& windows : WindowsOf(aggregation)) {
        if (!aggregation.by.empty()) {
          expected.push_back(
              Grouped(aggregation, &call, taken, window_of(windows, 0)));
          continue;
        }
        Value::List series;
        for (int64_t later = windows.count; later-- > 0;) {
          series.push_back(Computed(
              call, ValuesIn(aggregation, taken, window_of(windows, later))));
        }
        expected.push_back(windows.count > 1 ? Value(series) : series.front());
      }
    }
    if (aggregation.by.empty()) continue;
    for (const WindowSeries& windows : WindowsOf(aggregation)) {
      expected.push_back(
          Grouped(aggregation, nullptr, taken, window_of(windows, 0)));
    }
  }
  return expected;
}

void LiveModelTest::Read() {
  Release();
  // What is still in a window is still there.
  if (Chance(25)) {
    kit_.applier().Expire(now_);
    Compact();
  }
  for (size_t view = 0; view < views_.size(); ++view) {
    const std::string user = fmt::format("user {}", Below(3));
    const auto& history = views_[view].history;
    const std::vector<Value> got = kit_.Features(
        view, user, now_, history ? history->version.get() : nullptr);
    const std::vector<Value> expected = Expected(views_[view], user);
    ASSERT_EQ(got.size(), expected.size());
    for (size_t i = 0; i < got.size(); ++i) {
      const auto& feature = kit_.plan(view).features[i];
      ASSERT_EQ(got[i], expected[i])
          << "step " << step_ << ", " << user << " at " << now_ << ", view "
          << view << ", " << feature.name << ": "
          << FormatValue(feature.type, got[i]) << " and not "
          << FormatValue(feature.type, expected[i]);
      values_read_ += got[i].IsNull() ? 0 : 1;
    }
  }
}

void LiveModelTest::Run() {
  const uint64_t seed = Number("FRESHET_SEED", 20'130'310);
  const uint64_t steps = Number("FRESHET_MODEL_STEPS", 400);
  RecordProperty("seed", std::to_string(seed));
  random_.seed(seed);
  AddView();
  while (++step_ <= steps && !HasFatalFailure()) {
    const int64_t waits[] = {kSecond, kMinute, 10 * kMinute, kHour, 9 * kHour};
    if (Chance(60)) now_ += Below(waits[Below(5)]);
    if (Chance(10)) now_ = (now_ / kMinute + 1) * kMinute;
    if (Chance(20)) GoToAnEdge();
    const int64_t what = Below(100);
    if (what < 50) {
      Append();
    } else if (what < 55) {
      ChangeHistory();
    } else if (what < 85) {
      Read();
    } else if (what < 95) {
      CrashOrFlush();
    } else if (what < 98 && views_.size() < 4) {
      now_ += 5 * kMinute;  // Nothing waits any more.
      Release();
      AddView();
    } else {
      Release();
    }
  }
  fmt::print(
      "seed {}: {} events, {} values read, {} views, {} histories, {} "
      "crashes\n",
      seed, events_.size(), values_read_, views_.size(), histories_, crashes_);
  EXPECT_GT(histories_, steps / 100);
  EXPECT_GT(values_read_, steps);
  EXPECT_GT(crashes_, steps / 50);
}

TEST_F(LiveModelTest, Rule29EveryReadIsAsIfAllEventsWereGoneThrough) { Run(); }

TEST_F(LiveModelTest, Rule19AndAsIfThoseThatCameAgainHadNot) {
  source_.id_field = "id";
  source_.deduplicate_micros = 20 * kMinute;
  Run();
  const auto again = std::count_if(events_.begin(), events_.end(),
                                   [](const Event& e) { return e.duplicate; });
  EXPECT_GT(again, 20);
}

}  // namespace
}  // namespace freshet
