// SPDX-License-Identifier: Apache-2.0
// The worked examples of docs/format.md against the code.
#include <gtest/gtest.h>

#include <charconv>
#include <sstream>

#include "base/file.h"
#include "features/key_codec.h"
#include "features/list_codec.h"
#include "features/row_codec.h"
#include "features/windows/tile_block.h"
#include "storage/change_log/segment.h"
#include "storage/framed_file.h"

namespace freshet {
namespace {

using namespace std::string_literals;

// The bytes of the block that follows `<!-- example: name -->`; in each line,
// what stands after ';' is a comment.
std::string Example(const std::string& name) {
  const auto document = ReadFile(FRESHET_DOCS "/format.md");
  EXPECT_TRUE(document.ok()) << document.status();
  const std::string mark = "<!-- example: " + name + " -->\n```\n";
  const size_t begin = document->find(mark);
  EXPECT_NE(begin, std::string::npos) << name;
  if (begin == std::string::npos) return {};
  std::istringstream block(document->substr(
      begin + mark.size(),
      document->find("```", begin + mark.size()) - begin - mark.size()));
  std::string bytes;
  for (std::string line; std::getline(block, line);) {
    std::istringstream words(line.substr(0, line.find(';')));
    for (std::string word; words >> word;) {
      unsigned value = 0;
      const char* end = word.data() + word.size();
      const auto parsed = std::from_chars(word.data(), end, value, 16);
      EXPECT_TRUE(parsed.ptr == end && word.size() == 2) << word;
      bytes.push_back(static_cast<char>(value));
    }
  }
  return bytes;
}

TEST(FormatDocTest, TheEnvelopeIsAsDescribed) {
  EXPECT_EQ(Frame("freshet-test", 1, "{}\n"), Example("envelope"));
}

TEST(FormatDocTest, AKeyIsAsDescribed) {
  const KeyPart parts[] = {{"origin", {.kind = Kind::kString}},
                           {"day", {.kind = Kind::kInt64}}};
  const Value values[] = {Value("E\0W"s), Value(int64_t{5})};

  EXPECT_EQ(*EncodeKey(parts, values), Example("key"));
}

TEST(FormatDocTest, ARowIsAsDescribed) {
  const RowSchema schema(3, {},
                         {{1, "a", {.kind = Kind::kBool}},
                          {2, "b", {.kind = Kind::kString}},
                          {3, "c", {.kind = Kind::kInt32}},
                          {4, "d", {.kind = Kind::kInt64, .list = true}}});
  RowWriter writer(schema);
  writer.Begin(1'000'000);
  ASSERT_TRUE(writer.SetValue(0, Value(true)).ok());
  ASSERT_TRUE(writer.SetValue(1, Value("hi"s)).ok());
  ASSERT_TRUE(
      writer.SetValue(3, Value(Value::List{Value(int64_t{7}), Value()})).ok());

  EXPECT_EQ(std::string(writer.Finish()), Example("row"));
}

TEST(FormatDocTest, ADeletedRowIsAsDescribed) {
  const RowSchema schema(3, {}, {{1, "a", {.kind = Kind::kBool}}});

  EXPECT_EQ(DeletedRow(schema, 1'000'000), Example("deleted"));
}

TEST(FormatDocTest, AListIsAsDescribed) {
  ListWriter writer(Kind::kString);
  writer.Begin();
  writer.Add("ab");
  writer.AddNull();
  writer.Add("");

  EXPECT_EQ(std::string(writer.Finish()), Example("list"));
}

TEST(FormatDocTest, ATileBlockIsAsDescribed) {
  BlockBuilder block(TileShape(
      {{.kind = PartialKind::kDoubleSum, .value = Kind::kDouble},
       {.kind = PartialKind::kLast, .value = Kind::kDouble, .size = 1}}));
  for (const size_t partial : {0U, 1U}) {
    block.At(3).Add(partial, Datum::Real(1.5),
                    {.time_micros = 3'000'000, .partition = 0, .offset = 9});
  }

  EXPECT_EQ(block.Finish(), Example("tile_block"));
}

TEST(FormatDocTest, ABlockOfGroupsIsAsDescribed) {
  const TileShape shape({{.kind = PartialKind::kIntegerSum,
                          .value = Kind::kInt64,
                          .groups = 20,
                          .by = Kind::kString}});
  BlockBuilder block(shape);
  for (const int64_t value : {30, 12}) {
    block.At(3).AddToGroup(0, Datum::Text("a"), Datum::Integer(value), {});
  }

  EXPECT_EQ(block.Finish(), Example("groups_block"));
  const std::string bytes = block.Finish();
  const auto tiles = BlockTiles::Open(bytes);
  ASSERT_TRUE(tiles.ok()) << tiles.status();
  ByteReader reader(tiles->shape());
  EXPECT_EQ(*TileShape::Read(reader), shape);
}

TEST(FormatDocTest, ABlockOfMomentsIsAsDescribed) {
  const TileShape shape({{.kind = PartialKind::kCount}});
  MomentBlockBuilder block(shape);
  for (const uint32_t index : {1'001U, 1'000U, 1'001U}) {
    Tile one(shape);
    one.Add(0, Datum::Integer(1), {});
    std::string bytes;
    one.AppendTo(&bytes);
    block.Add(index, bytes);
  }

  EXPECT_EQ(block.Finish(), Example("moment_block"));
}

TEST(FormatDocTest, ASegmentIsAsDescribed) {
  std::string bytes = SegmentHeaderBytes(
      {.first = 42, .before_first = 7, .before_bytes = 1'234});
  EXPECT_EQ(SegmentName(42), "00000000000000000042.segment");
  AppendRecord(42, "hi", &bytes);

  EXPECT_EQ(bytes, Example("segment"));
}

}  // namespace
}  // namespace freshet
