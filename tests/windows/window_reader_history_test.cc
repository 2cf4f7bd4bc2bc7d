// SPDX-License-Identifier: Apache-2.0
// What is read of a history's tiles beside live ones, against all events gone
// through one by one.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/windows/window_reader_kit.h"

namespace freshet {
namespace {

// What only the stream says of a history's span is not read, nor what files say
// beside it; and everything else is.
TEST_F(WindowReaderTest, Rule29AHistoryAnswersUpToItsCutOverAndLiveTilesSince) {
  std::vector<size_t> all;
  for (size_t i = 0; i < plan_.outputs().size(); ++i) all.push_back(i);
  WindowReader reader(plan_);
  size_t of_history = 0;
  for (int round = 0; round < 150; ++round) {
    int64_t now = 15'800 * kDay + static_cast<int64_t>(random_() % (40 * kDay));
    if (random_() % 3 == 0) now -= now % (random_() % 2 == 0 ? kDay : kHour);
    // It begins within windows, before them all, or where it ends.
    const int64_t end =
        now / kDay * kDay - kDay * static_cast<int64_t>(random_() % 9);
    const int64_t days[] = {0, 1, 8, 150};
    const HistorySpan span{.from_micros = end - days[random_() % 4] * kDay,
                           .end_micros = end};
    std::vector<Event> live;
    std::vector<Event> files;
    std::vector<Event> counted;
    for (int64_t i = 0; i < 60; ++i) {
      int64_t time = now - 1 - RandomAge();
      if (random_() % 5 == 0) {
        time = end + static_cast<int64_t>(random_() % 3) - 1;
      }
      if (random_() % 9 == 0) {
        time = span.from_micros + static_cast<int64_t>(random_() % 3) - 1;
      }
      if (time >= now) continue;
      const Event event{{.time_micros = time, .offset = i},
                        static_cast<int64_t>(random_() % 1'000)};
      const bool past = time >= span.from_micros && time < span.end_micros;
      const bool in_files = random_() % 2 == 0;
      // A history holds nothing of what is not its own.
      if (past && in_files) files.push_back(event);
      const bool in_live = random_() % 2 == 0;
      if (in_live) live.push_back(event);
      if (past ? in_files : in_live) counted.push_back(event);
    }
    Rows rows(plan_);
    Rows history(plan_);
    rows.Add(live);
    history.Add(files);

    reader.Prepare(all, now, &span);
    ASSERT_TRUE(reader
                    .Read(rows.Find(reader.blocks()),
                          history.Find(reader.history_blocks()))
                    .ok());

    of_history += reader.history_blocks().size();
    for (size_t window = 0; window < kWindows.size(); ++window) {
      const std::vector<Value> expected = Expected(window, now, counted);
      for (size_t i = 0; i < 4; ++i) {
        ASSERT_EQ(Answered(reader, 4 * window + i, 4 * window + i), expected[i])
            << "round " << round << " window " << window << " output " << i;
      }
    }
  }
  EXPECT_GT(of_history, 300U);
}

TEST_F(WindowReaderTest, Rule29AClockBeforeTheCutOverHasNoHistory) {
  const size_t outputs[] = {8};  // Of four hours.
  const int64_t now = 15'800 * kDay + 5;
  WindowReader reader(plan_);
  const HistorySpan later{.from_micros = 15'000 * kDay,
                          .end_micros = 15'801 * kDay};
  reader.Prepare(outputs, now, &later);
  EXPECT_TRUE(reader.history_blocks().empty());

  const HistorySpan before{.from_micros = 15'000 * kDay,
                           .end_micros = 15'800 * kDay};
  reader.Prepare(outputs, now, &before);
  EXPECT_FALSE(reader.history_blocks().empty());
}

}  // namespace
}  // namespace freshet
