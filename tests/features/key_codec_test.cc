// SPDX-License-Identifier: Apache-2.0
#include "features/key_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace freshet {
namespace {

using testing::HasSubstr;
using namespace std::string_literals;

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

std::vector<KeyPart> Parts(const std::vector<Kind>& kinds) {
  std::vector<KeyPart> parts;
  for (const Kind kind : kinds) {
    parts.push_back({"k" + std::to_string(parts.size()), {.kind = kind}});
  }
  return parts;
}

std::string MustEncode(const std::vector<KeyPart>& parts,
                       const std::vector<Value>& values) {
  const auto key = EncodeKey(parts, values);
  EXPECT_TRUE(key.ok()) << key.status();
  return key.value_or("");
}

void ExpectRoundTrip(const std::vector<KeyPart>& parts,
                     const std::vector<Value>& values) {
  const auto back = DecodeKey(parts, MustEncode(parts, values));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, values);
}

TEST(KeyCodecTest, EveryInt64ComesBackAlsoBeyondTheIntegersOfADouble) {
  const auto parts = Parts({Kind::kInt64});
  for (const int64_t v : {kMin, kMin + 1, int64_t{-1}, int64_t{0}, int64_t{1},
                          (int64_t{1} << 53) + 1, kMax - 1, kMax}) {
    ExpectRoundTrip(parts, {Value(v)});
  }
}

TEST(KeyCodecTest, EmbeddedZeroBytesComeBackInEveryPosition) {
  const auto parts = Parts({Kind::kString, Kind::kBytes, Kind::kString});
  const std::string tricky[] = {""s,       "\0"s,    "\0\0"s,
                                "\0\x01"s, "a\0b"s,  "\0\x7f"s,
                                "\x01"s,   "plain"s, "a\0"s};
  for (const auto& a : tricky) {
    for (const auto& b : tricky) {
      for (const auto& c : tricky) {
        ExpectRoundTrip(parts, {Value(a), Value(b), Value(c)});
      }
    }
  }
}

TEST(KeyCodecTest, BytesOfAnyValueComeBack) {
  const auto parts = Parts({Kind::kBytes, Kind::kBytes});
  ExpectRoundTrip(parts, {Value("\xff\x00\xff\xfe"s), Value("\x00\xff"s)});
}

TEST(KeyCodecTest, NeighbouringStringsNeverRunIntoEachOther) {
  const auto parts = Parts({Kind::kString, Kind::kString});
  EXPECT_NE(MustEncode(parts, {Value("ab"s), Value("c"s)}),
            MustEncode(parts, {Value("a"s), Value("bc"s)}));
  EXPECT_NE(MustEncode(parts, {Value("a\0"s), Value(""s)}),
            MustEncode(parts, {Value("a"s), Value("\0"s)}));
}

TEST(KeyCodecTest, BytesOnDiskStayAsTheFormatDocumentSays) {
  EXPECT_EQ(MustEncode(Parts({Kind::kInt64}), {Value(int64_t{1})}),
            "\x80\0\0\0\0\0\0\x01"s);
  EXPECT_EQ(MustEncode(Parts({Kind::kInt64}), {Value(int64_t{-2})}),
            "\x7f\xff\xff\xff\xff\xff\xff\xfe"s);
  EXPECT_EQ(MustEncode(Parts({Kind::kString, Kind::kString}),
                       {Value("E\0W"s), Value("L\0X"s)}),
            "E\0\xffW\0\x01L\0X"s);
}

TEST(KeyCodecTest, NullWrongKindAndBadUtf8AreRefusedByTheJoinKeysName) {
  const auto parts = Parts({Kind::kInt64, Kind::kString});
  const Value one(int64_t{1}), text("x"s);
  const std::vector<std::vector<Value>> bad = {
      {Value(), text}, {text, text}, {Value(1.0), text},
      {one, Value()},  {one, one},   {one, Value("\xff"s)}};
  for (const auto& values : bad) {
    const auto key = EncodeKey(parts, values);
    EXPECT_EQ(key.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(key.status().ToString(), HasSubstr("join key 'k"));
  }
}

TEST(KeyCodecTest, AWrongNumberOfValuesIsRefused) {
  const std::vector<Value> values = {Value("x"s)};
  EXPECT_FALSE(EncodeKey(Parts({Kind::kString, Kind::kString}), values).ok());
}

TEST(KeyCodecTest, TheLongestKeyIsAcceptedAndOneByteMoreIsNot) {
  const auto parts = Parts({Kind::kBytes});
  const std::vector<Value> longest = {Value(std::string(kKeyBytesMax, 'x'))};
  const std::vector<Value> longer = {Value(std::string(kKeyBytesMax + 1, 'x'))};

  EXPECT_TRUE(EncodeKey(parts, longest).ok());
  EXPECT_THAT(EncodeKey(parts, longer).status().ToString(),
              HasSubstr("at most 4096"));
}

TEST(KeyCodecTest, WhatIsNotAKeyIsDataLoss) {
  const auto int_string = Parts({Kind::kInt64, Kind::kString});
  const auto strings = Parts({Kind::kString, Kind::kString});
  const std::pair<std::vector<KeyPart>, std::string> bad[] = {
      {int_string, "1234567"s},              // Too short for an int64.
      {int_string, "12345678\xff"s},         // Not UTF-8.
      {strings, "ab"s},                      // No end.
      {strings, "ab\0"s},                    // Half an end.
      {strings, "a\0\x02z"s},                // No such escape.
      {Parts({Kind::kInt64}), "123456789"s}  // A byte too many.
  };
  for (const auto& [parts, key] : bad) {
    EXPECT_EQ(DecodeKey(parts, key).status().code(),
              absl::StatusCode::kDataLoss)
        << testing::PrintToString(key);
  }
}

TEST(KeyCodecTest, Utf8FollowsRfc3629) {
  for (const auto& good :
       {""s, "plain ascii text"s, "\xc2\x80"s, "\xdf\xbf"s, "\xe0\xa0\x80"s,
        "\xed\x9f\xbf"s, "\xee\x80\x80"s, "\xf0\x90\x80\x80"s,
        "\xf4\x8f\xbf\xbf"s, "12345678\xc3\xa9"s, "a\0b"s}) {
    EXPECT_TRUE(IsValidUtf8(good)) << testing::PrintToString(good);
  }
  for (const auto& bad :
       {"\x80"s, "\xc0\x80"s, "\xc1\xbf"s, "\xe0\x9f\xbf"s, "\xed\xa0\x80"s,
        "\xf0\x8f\xbf\xbf"s, "\xf4\x90\x80\x80"s, "\xf5\x80\x80\x80"s, "\xc3"s,
        "\xe2\x82"s, "12345678\xff"s, "\xe2\x28\xa1"s}) {
    EXPECT_FALSE(IsValidUtf8(bad)) << testing::PrintToString(bad);
  }
}

// Random typed keys from a small alphabet, so that prefixes, zero bytes and
// equal parts are common.
Value RandomPart(Kind kind, std::mt19937_64& random) {
  if (kind == Kind::kInt64) {
    const int64_t near[] = {kMin, -256, -1, 0, 1, 255, 256, kMax};
    if (random() % 2 == 0) return Value(near[random() % 8]);
    return Value(static_cast<int64_t>(random()));
  }
  const std::string_view alphabet = kind == Kind::kBytes
                                        ? std::string_view("\0\x01\xfe\xff", 4)
                                        : std::string_view(
                                              "\0\x01"
                                              "ab",
                                              4);
  std::string text;
  for (size_t n = random() % 4; n > 0; --n) text += alphabet[random() % 4];
  return Value(text);
}

int Compare(const Value& a, const Value& b) {
  if (const auto* x = std::get_if<int64_t>(&a.v)) {
    const int64_t y = std::get<int64_t>(b.v);
    return *x < y ? -1 : *x > y ? 1 : 0;
  }
  return std::get<std::string>(a.v).compare(std::get<std::string>(b.v));
}

int Compare(const std::vector<Value>& a, const std::vector<Value>& b) {
  for (size_t i = 0; i < a.size(); ++i) {
    if (const int c = Compare(a[i], b[i]); c != 0) return c;
  }
  return 0;
}

int Sign(int x) { return x < 0 ? -1 : x > 0 ? 1 : 0; }

TEST(KeyCodecTest, OrderOfBytesIsTheOrderOfTypedValues) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  const Kind kinds[] = {Kind::kInt64, Kind::kString, Kind::kBytes};
  for (int round = 0; round < 200; ++round) {
    std::vector<Kind> shape(1 + random() % 3);
    for (Kind& kind : shape) kind = kinds[random() % 3];
    const auto parts = Parts(shape);
    for (int pair = 0; pair < 200; ++pair) {
      std::vector<Value> a, b;
      for (const Kind kind : shape) {
        a.push_back(RandomPart(kind, random));
        b.push_back(random() % 2 ? a.back() : RandomPart(kind, random));
      }
      const std::string x = MustEncode(parts, a), y = MustEncode(parts, b);
      ASSERT_EQ(Sign(x.compare(y)), Sign(Compare(a, b)))
          << testing::PrintToString(x) << " " << testing::PrintToString(y);
      ExpectRoundTrip(parts, a);
    }
  }
}

TEST(KeyCodecTest, WhateverDecodesEncodesToTheSameBytes) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  const auto parts = Parts({Kind::kString, Kind::kBytes, Kind::kInt64});
  const std::string_view alphabet(
      "\0\x01\xff"
      "ab\x80",
      6);
  int decoded = 0;
  for (int i = 0; i < 200000; ++i) {
    std::string key;
    for (size_t n = 10 + random() % 8; n > 0; --n) {
      key += alphabet[random() % alphabet.size()];
    }
    const auto values = DecodeKey(parts, key);
    if (!values.ok()) continue;
    ++decoded;
    ASSERT_EQ(MustEncode(parts, *values), key);
  }
  EXPECT_GT(decoded, 0);
}

}  // namespace
}  // namespace freshet
