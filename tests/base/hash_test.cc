// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"

#include <string>

#include "gtest/gtest.h"

namespace freshet {
namespace {

// Sums go to disk, so they may never change. The first is published with
// XXH3; the second was computed once by another implementation (xxhsum 0.8.1).
TEST(HashTest, KnownSums) {
  EXPECT_EQ(Xxh3(""), 0x2d06800538d394c2u);
  EXPECT_EQ(Xxh3("freshet"), 0x1588addc61080af3u);
}

TEST(HashTest, StreamOfPiecesEqualsTheWhole) {
  std::string bytes;
  for (int i = 0; i < 10'000; ++i) bytes.push_back(static_cast<char>(i * 7));

  for (const size_t step : {1, 13, 240, 4096}) {
    Xxh3Stream stream;
    for (size_t at = 0; at < bytes.size(); at += step) {
      stream.Update(std::string_view(bytes).substr(at, step));
    }
    EXPECT_EQ(stream.Digest(), Xxh3(bytes)) << "pieces of " << step;
  }
}

TEST(HashTest, StreamWithNothingIsTheEmptySum) {
  EXPECT_EQ(Xxh3Stream().Digest(), Xxh3(""));
}

TEST(HashTest, DigestDoesNotEndTheStream) {
  Xxh3Stream stream;
  stream.Update("ab");
  EXPECT_EQ(stream.Digest(), Xxh3("ab"));
  stream.Update("c");
  EXPECT_EQ(stream.Digest(), Xxh3("abc"));
}

TEST(HashTest, OneBitChangesTheSum) {
  std::string bytes(64, 'x');
  const uint64_t sum = Xxh3(bytes);
  bytes[40] = static_cast<char>(bytes[40] ^ 1);
  EXPECT_NE(Xxh3(bytes), sum);
}

}  // namespace
}  // namespace freshet
