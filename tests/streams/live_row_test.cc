// SPDX-License-Identifier: Apache-2.0
#include "features/streams/live_row.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace freshet {
namespace {

LiveCell Integer(uint32_t feature, int64_t time_micros, int64_t value) {
  return {.feature = feature,
          .time_micros = time_micros,
          .value = Datum::Integer(value)};
}

std::string Text(const LiveRow& row) {
  std::string text;
  if (row.whole) {
    text = (row.whole->deleted ? "deleted at " : "whole at ") +
           std::to_string(row.whole->time_micros);
  }
  for (const LiveCell& cell : row.cells) {
    text += " " + std::to_string(cell.feature) + "@" +
            std::to_string(cell.time_micros) + "=" +
            (cell.value.null ? "null" : std::to_string(cell.value.integer));
  }
  return text;
}

std::string TextOf(const std::string& bytes) {
  const auto row = DecodeLiveRow(bytes);
  return row.ok() ? Text(*row) : std::string(row.status().message());
}

std::string Merged(const std::vector<LiveRow>& rows) {
  std::vector<std::string> bytes;
  for (const LiveRow& row : rows) bytes.push_back(EncodeLiveRow(row));
  const auto merged = MergeLiveRows({bytes.begin(), bytes.end()});
  return merged.ok() ? *merged : std::string(merged.status().message());
}

TEST(LiveRowTest, IsReadAsItWasWritten) {
  LiveRow row{.whole = LiveRow::Whole{.time_micros = -5}};
  row.cells = {Integer(1, -5, std::numeric_limits<int64_t>::min()),
               {.feature = 300,
                .time_micros = -5,
                .storage = Storage::kReals,
                .value = Datum::Real(-0.0)},
               {.feature = 301,
                .time_micros = 9,
                .storage = Storage::kStrings,
                .value = Datum::Text(std::string_view("a\0b", 3))},
               {.feature = 302, .time_micros = 9, .storage = Storage::kReals}};
  const std::string bytes = EncodeLiveRow(row);

  const auto read = DecodeLiveRow(bytes);

  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->whole->time_micros, -5);
  EXPECT_FALSE(read->whole->deleted);
  ASSERT_EQ(read->cells.size(), 4U);
  EXPECT_EQ(read->cells[0].value.integer, std::numeric_limits<int64_t>::min());
  EXPECT_TRUE(std::signbit(read->cells[1].value.real));
  EXPECT_EQ(read->cells[2].value.text, std::string_view("a\0b", 3));
  EXPECT_EQ(read->cells[2].time_micros, 9);
  EXPECT_TRUE(read->cells[3].value.null);
  EXPECT_EQ(EncodeLiveRow(*read), bytes);
}

TEST(LiveRowTest, DamageIsFound) {
  const LiveRow row{.whole = LiveRow::Whole{.time_micros = 5},
                    .cells = {Integer(1, 5, 500), Integer(2, 6, 7)}};
  const std::string bytes = EncodeLiveRow(row);
  for (size_t length = 0; length < bytes.size(); ++length) {
    const auto cut = DecodeLiveRow(std::string_view(bytes).substr(0, length));
    // A row that ends behind a cell is one; no cell is half.
    if (cut.ok()) {
      EXPECT_LT(cut->cells.size(), 2U);
    }
  }
  std::string other = bytes;
  other[0] = 1;
  EXPECT_FALSE(DecodeLiveRow(other).ok());
  EXPECT_FALSE(DecodeLiveRow("").ok());
  const LiveRow disorder{.whole = row.whole,
                         .cells = {Integer(2, 5, 1), Integer(1, 5, 1)}};
  EXPECT_FALSE(DecodeLiveRow(EncodeLiveRow(disorder)).ok());
  EXPECT_FALSE(MergeLiveRows({bytes, other}).ok());
}

TEST(LiveRowTest, Rule7TheNewestRowWinsAndOfOneTimeTheLast) {
  const LiveRow older{.whole = LiveRow::Whole{.time_micros = 5},
                      .cells = {Integer(1, 5, 1), Integer(2, 5, 2)}};
  const LiveRow newer{.whole = LiveRow::Whole{.time_micros = 6},
                      .cells = {Integer(1, 6, 10)}};
  const LiveRow deleted{.whole =
                            LiveRow::Whole{.time_micros = 6, .deleted = true}};

  EXPECT_EQ(TextOf(Merged({older, newer})), "whole at 6 1@6=10");
  EXPECT_EQ(TextOf(Merged({newer, older})), "whole at 6 1@6=10");
  EXPECT_EQ(TextOf(Merged({older, newer, deleted})), "deleted at 6");
  EXPECT_EQ(TextOf(Merged({deleted, older, newer})), "whole at 6 1@6=10");
}

// What was said of one feature, or of all, in the order in which it came.
struct Said {
  LiveRow row;
  bool whole = false;
};

std::vector<Said> RandomRows(std::mt19937& random) {
  const auto draw = [&](int n) { return static_cast<int>(random() % n); };
  std::vector<Said> said(1 + draw(7));
  for (Said& one : said) {
    const int64_t time = draw(4);
    one.whole = draw(2) == 0;
    if (one.whole) {
      one.row.whole =
          LiveRow::Whole{.time_micros = time, .deleted = draw(3) == 0};
      if (one.row.whole->deleted) continue;
    }
    for (uint32_t feature = 1; feature <= 3; ++feature) {
      if (draw(2) == 0) continue;
      one.row.cells.push_back(Integer(feature, time, draw(1000)));
      // Of a whole row a null is no cell.
      if (!one.whole && draw(4) == 0) one.row.cells.back().value = {};
    }
  }
  return said;
}

// By looking through everything.
std::string Expected(const std::vector<Said>& said) {
  LiveRow newest;
  size_t newest_at = 0;
  for (size_t i = 0; i < said.size(); ++i) {
    const auto& whole = said[i].row.whole;
    if (!whole) continue;
    if (newest.whole && whole->time_micros < newest.whole->time_micros)
      continue;
    newest.whole = whole;
    newest_at = i;
  }
  std::map<uint32_t, LiveCell> cells;
  for (size_t i = 0; i < said.size(); ++i) {
    for (const LiveCell& cell : said[i].row.cells) {
      if (newest.whole) {
        const int64_t begin = newest.whole->time_micros;
        if (cell.time_micros < begin) continue;
        if (cell.time_micros == begin && i < newest_at) continue;
      }
      const auto had = cells.find(cell.feature);
      if (had != cells.end() && had->second.time_micros > cell.time_micros) {
        continue;
      }
      cells[cell.feature] = cell;
    }
  }
  for (const auto& [feature, cell] : cells) newest.cells.push_back(cell);
  return Text(newest);
}

TEST(LiveRowTest, AnyGroupsOfNeighboursComeToTheSame) {
  for (uint32_t seed = 0; seed < 3'000; ++seed) {
    std::mt19937 random(seed);
    const std::vector<Said> said = RandomRows(random);
    std::vector<std::string> bytes;
    for (const Said& one : said) bytes.push_back(EncodeLiveRow(one.row));
    while (bytes.size() > 1) {
      const size_t first = random() % bytes.size();
      const size_t count = 1 + random() % (bytes.size() - first);
      const std::vector<std::string_view> group(bytes.begin() + first,
                                                bytes.begin() + first + count);
      const auto merged = MergeLiveRows(group);
      ASSERT_TRUE(merged.ok()) << merged.status();
      bytes.erase(bytes.begin() + first, bytes.begin() + first + count);
      bytes.insert(bytes.begin() + first, *merged);
    }
    ASSERT_EQ(TextOf(bytes.front()), Expected(said)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace freshet
