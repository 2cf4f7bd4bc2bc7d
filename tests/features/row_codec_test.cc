// SPDX-License-Identifier: Apache-2.0
#include "features/row_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <type_traits>

#include "features/little_endian.h"

namespace freshet {
namespace {

using testing::HasSubstr;
using namespace std::string_literals;

RowSchema SchemaOf(const std::vector<Type>& types) {
  std::vector<Column> columns;
  for (const Type& type : types) {
    const auto id = static_cast<uint32_t>(columns.size() + 1);
    columns.push_back({id, "f" + std::to_string(id), type});
  }
  return RowSchema(3, {}, columns);
}

RowSchema OneOfEach() {
  return SchemaOf({{.kind = Kind::kBool},
                   {.kind = Kind::kString},
                   {.kind = Kind::kInt32},
                   {.kind = Kind::kInt64},
                   {.kind = Kind::kDouble, .list = true},
                   {.kind = Kind::kFloat},
                   {.kind = Kind::kDouble},
                   {.kind = Kind::kBytes},
                   {.kind = Kind::kTimestamp},
                   {.kind = Kind::kDecimal, .precision = 10, .scale = 2},
                   {.kind = Kind::kString, .list = true},
                   {.kind = Kind::kFloat, .fixed_length = 128}});
}

// What a row of one value of this type gives back.
Value Through(const Type& type, const Value& value) {
  const RowSchema schema = SchemaOf({type});
  RowWriter writer(schema);
  writer.Begin(1);
  const absl::Status status = writer.SetValue(0, value);
  EXPECT_TRUE(status.ok()) << status;
  const auto row = RowView::Parse(schema, writer.Finish());
  EXPECT_TRUE(row.ok()) << row.status();
  if (!row.ok()) return Value("not a row"s);
  const auto back = row->Get(0);
  EXPECT_TRUE(back.ok()) << back.status();
  return back.ok() ? *back : Value("not a value"s);
}

void ExpectComesBack(const Type& type, const Value& value) {
  EXPECT_EQ(Through(type, value), value) << type.ToString();
}

// It would keep a reference to a schema that is gone.
static_assert(!std::is_constructible_v<RowWriter, RowSchema>);
static_assert(!std::is_constructible_v<RowWriter, const RowSchema>);
static_assert(std::is_constructible_v<RowWriter, const RowSchema&>);

TEST(RowCodecTest, EveryIntegerComesBackAlsoBeyondTheIntegersOfADouble) {
  for (const Kind kind : {Kind::kInt64, Kind::kTimestamp}) {
    for (const int64_t v :
         {std::numeric_limits<int64_t>::min(), int64_t{-1}, int64_t{0},
          (int64_t{1} << 53) + 1, std::numeric_limits<int64_t>::max()}) {
      ExpectComesBack({.kind = kind}, Value(v));
    }
  }
  ExpectComesBack({.kind = Kind::kInt32}, Value(int64_t{-2147483648}));
  ExpectComesBack({.kind = Kind::kInt32}, Value(int64_t{2147483647}));
}

TEST(RowCodecTest, RealsComeBackBitForBit) {
  const double odd_nan = std::bit_cast<double>(0x7ff8dead0000beefULL);
  for (const double v :
       {0.0, -0.0, 1.1, odd_nan, std::numeric_limits<double>::infinity(),
        std::numeric_limits<double>::denorm_min()}) {
    ExpectComesBack({.kind = Kind::kDouble}, Value(v));
  }
  for (const double v : {0.0, -0.0, 1.5, double{1.1f}}) {
    ExpectComesBack({.kind = Kind::kFloat}, Value(v));
  }
}

TEST(RowCodecTest, NanPayloadsStayInTheSlotsBytes) {
  const RowSchema schema =
      SchemaOf({{.kind = Kind::kFloat}, {.kind = Kind::kDouble}});
  const std::string narrow = "\x01\x02\xa0\x7f"s;  // A signalling NaN.
  const std::string wide = "\x01\x02\x03\x04\x05\x06\xf0\xff"s;
  RowWriter writer(schema);
  writer.Begin(1);
  writer.SetFixed(0, narrow);
  writer.SetFixed(1, wide);
  const auto row = RowView::Parse(schema, writer.Finish());

  ASSERT_TRUE(row.ok());
  EXPECT_EQ(row->Fixed(0), narrow);
  EXPECT_EQ(row->Fixed(1), wide);
}

TEST(RowCodecTest, StringsBytesAndBoolsComeBack) {
  for (const auto& v : {""s, "a"s, "zero \0 inside"s, "\xc3\xa9"s}) {
    ExpectComesBack({.kind = Kind::kString}, Value(v));
  }
  ExpectComesBack({.kind = Kind::kBytes}, Value("\xff\0\xfe"s));
  ExpectComesBack({.kind = Kind::kBool}, Value(true));
  ExpectComesBack({.kind = Kind::kBool}, Value(false));
}

TEST(RowCodecTest, NullListEmptyListAndListOfNullsAreThreeThings) {
  const Type type{.kind = Kind::kString, .list = true};
  const Value values[] = {Value(), Value(Value::List{}),
                          Value(Value::List{Value()}),
                          Value(Value::List{Value(""s)}),
                          Value(Value::List{Value("a"s), Value(), Value(""s)})};
  for (const Value& a : values) {
    ExpectComesBack(type, a);
    for (const Value& b : values) EXPECT_EQ(&a == &b, Through(type, a) == b);
  }
}

TEST(RowCodecTest, ListsOfEveryKindComeBack) {
  const Value i(int64_t{-7}), d(2.5), s("x\0y"s), b(true);
  const std::pair<Kind, Value> kinds[] = {
      {Kind::kBool, b},      {Kind::kInt32, i},  {Kind::kInt64, i},
      {Kind::kFloat, d},     {Kind::kDouble, d}, {Kind::kString, s},
      {Kind::kTimestamp, i}, {Kind::kBytes, s}};
  for (const auto& [kind, v] : kinds) {
    ExpectComesBack({.kind = kind, .list = true}, Value(Value::List{v, v}));
    ExpectComesBack({.kind = kind, .list = true},
                    Value(Value::List{Value(), v, Value()}));
  }
  ExpectComesBack(
      {.kind = Kind::kDecimal, .list = true, .precision = 18, .scale = 3},
      Value(Value::List{Value(int64_t{999999999999999999})}));
}

TEST(RowCodecTest, AnEmbeddingOf128FloatsComesBack) {
  Value::List list;
  for (int i = 0; i < 128; ++i) list.emplace_back(double{0.1f * float(i)});
  const Type type{.kind = Kind::kFloat, .fixed_length = 128};

  ExpectComesBack(type, Value(list));
  ExpectComesBack(type, Value());
}

TEST(RowCodecTest, DecimalsKeepEveryDigit) {
  const Type type{.kind = Kind::kDecimal, .precision = 18, .scale = 4};
  ExpectComesBack(type, Value(int64_t{999999999999999999}));
  ExpectComesBack(type, Value(int64_t{-999999999999999999}));
}

TEST(RowCodecTest, AValueThatDoesNotFitItsTypeIsRefused) {
  const std::pair<Type, Value> bad[] = {
      {{.kind = Kind::kInt32}, Value(int64_t{1} << 31)},
      {{.kind = Kind::kInt64}, Value(1.0)},
      {{.kind = Kind::kInt64}, Value(true)},
      {{.kind = Kind::kBool}, Value(int64_t{1})},
      {{.kind = Kind::kFloat}, Value(1e300)},
      {{.kind = Kind::kDouble}, Value(int64_t{1})},
      {{.kind = Kind::kString}, Value("\xff"s)},
      {{.kind = Kind::kString}, Value(Value::List{})},
      {{.kind = Kind::kDecimal, .precision = 2}, Value(int64_t{100})},
      {{.kind = Kind::kInt64, .list = true}, Value(int64_t{1})},
      {{.kind = Kind::kInt64, .list = true}, Value(Value::List{Value("a"s)})},
      {{.kind = Kind::kFloat, .fixed_length = 2},
       Value(Value::List{Value(1.0)})},
      {{.kind = Kind::kFloat, .fixed_length = 1}, Value(Value::List{Value()})},
  };
  for (const auto& [type, value] : bad) {
    const RowSchema schema = SchemaOf({type});
    RowWriter writer(schema);
    writer.Begin(0);
    const absl::Status status = writer.SetValue(0, value);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(status.ToString(), HasSubstr("does not fit"));
  }
}

TEST(RowCodecTest, AFreshRowHasEveryFeatureNullAndZeroSlots) {
  const RowSchema schema = OneOfEach();
  RowWriter writer(schema);
  writer.Begin(-5);
  const auto row = RowView::Parse(schema, writer.Finish());

  ASSERT_TRUE(row.ok()) << row.status();
  EXPECT_EQ(row->event_time_micros(), -5);
  for (size_t i = 0; i < schema.columns().size(); ++i) {
    EXPECT_TRUE(row->IsNull(i));
    EXPECT_EQ(*row->Get(i), Value());
    if (schema.columns()[i].type.IsVariable()) {
      EXPECT_EQ(*row->Variable(i), "");
    } else {
      EXPECT_EQ(row->Fixed(i), std::string(schema.slot_width(i), '\0'));
    }
  }
}

TEST(RowCodecTest, TheWriterIsReusedWithoutTracesOfTheRowBefore) {
  const RowSchema schema =
      SchemaOf({{.kind = Kind::kString}, {.kind = Kind::kInt64}});
  RowWriter writer(schema);
  writer.Begin(1);
  writer.SetBytes(0, "long text of the row before");
  writer.SetFixed(1, "12345678");
  writer.Finish();
  writer.Begin(2);
  const std::string row(writer.Finish());

  RowWriter fresh(schema);
  fresh.Begin(2);
  EXPECT_EQ(row, fresh.Finish());
}

TEST(RowCodecTest, ColumnsMayBeSetInAnyOrderAndTheLastSettingWins) {
  const RowSchema schema = SchemaOf({{.kind = Kind::kString},
                                     {.kind = Kind::kBytes},
                                     {.kind = Kind::kString}});
  RowWriter writer(schema);
  writer.Begin(1);
  writer.SetBytes(2, "third");
  writer.SetBytes(0, "replaced");
  writer.SetBytes(0, "first");
  const auto row = RowView::Parse(schema, writer.Finish());

  ASSERT_TRUE(row.ok());
  EXPECT_EQ(*row->Variable(0), "first");
  EXPECT_TRUE(row->IsNull(1));
  EXPECT_EQ(*row->Variable(2), "third");
}

TEST(RowCodecTest, ARowOfAnotherSchemaFormatOrLengthIsDataLoss) {
  const RowSchema schema =
      SchemaOf({{.kind = Kind::kInt64}, {.kind = Kind::kString}});
  RowWriter writer(schema);
  writer.Begin(1);
  writer.SetBytes(1, "abc");
  const std::string good(writer.Finish());
  std::string format = good, id = good;
  format[0] = 2;
  id[1] = 9;

  ASSERT_TRUE(RowView::Parse(schema, good).ok());
  EXPECT_EQ(*RowSchemaId(good), 3u);
  for (const std::string& bad : {""s, good.substr(0, 12), good + "x", format,
                                 id, good.substr(0, good.size() - 1)}) {
    EXPECT_EQ(RowView::Parse(schema, bad).status().code(),
              absl::StatusCode::kDataLoss);
  }
}

TEST(RowCodecTest, AStringsOffsetsOutsideTheRowAreDataLoss) {
  const RowSchema schema =
      SchemaOf({{.kind = Kind::kString}, {.kind = Kind::kString}});
  RowWriter writer(schema);
  writer.Begin(1);
  writer.SetBytes(0, "abc");
  writer.SetBytes(1, "def");
  std::string row(writer.Finish());
  StoreLittle(uint32_t{100}, schema.slot_offset(0), &row);
  const auto view = RowView::Parse(schema, row);

  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_EQ(view->Variable(0).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(view->Get(1).status().code(), absl::StatusCode::kDataLoss);
}

// Every kind of damage that a checksum might miss: nothing may crash, and
// ASan watches for reads outside the bytes.
TEST(RowCodecTest, DamagedRowsNeverCrash) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  const RowSchema schema = OneOfEach();
  RowWriter writer(schema);
  writer.Begin(1);
  ASSERT_TRUE(writer.SetValue(1, Value("text"s)).ok());
  ASSERT_TRUE(writer.SetValue(4, Value(Value::List{Value(1.0), Value()})).ok());
  ASSERT_TRUE(
      writer.SetValue(10, Value(Value::List{Value("ab"s), Value("c"s)})).ok());
  const std::string good(writer.Finish());
  int parsed = 0, refused = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = good;
    if (random() % 4 == 0) bytes.resize(random() % (bytes.size() + 1));
    for (size_t n = random() % 4; n > 0 && !bytes.empty(); --n) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    const std::string exact(bytes);  // Its end is the end of the allocation.
    const auto row = RowView::Parse(schema, exact);
    if (!row.ok()) continue;
    ++parsed;
    for (size_t i = 0; i < schema.columns().size(); ++i) {
      if (!row->Get(i).ok()) ++refused;
    }
  }
  EXPECT_GT(parsed, 0);
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace freshet
