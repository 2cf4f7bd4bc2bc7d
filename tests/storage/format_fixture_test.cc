// SPDX-License-Identifier: Apache-2.0
// Versions that earlier builds wrote, committed as they were.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "features/key_codec.h"
#include "features/row_codec.h"
#include "storage/manifest.h"
#include "storage/version.h"
#include "tests/storage/build_version.h"
#include "tests/storage/fixture_rows.h"

namespace freshet {
namespace {

// Each format that was ever released, the newest last.
constexpr int kFormats[] = {1, 2};

class FormatFixtureTest : public testing::TestWithParam<int> {
 protected:
  std::string Dir(const std::string& name) {
    return fmt::format("{}/format-{}/{}", FRESHET_FIXTURES, GetParam(), name);
  }

  std::unique_ptr<Version> Open(const std::string& name) {
    const auto manifest = ReadManifest(Dir(name));
    EXPECT_TRUE(manifest.ok()) << manifest.status();
    if (!manifest.ok()) return nullptr;
    auto version = Version::Open(Dir(name), *manifest, resources_);
    EXPECT_TRUE(version.ok()) << version.status();
    return version.ok() ? *std::move(version) : nullptr;
  }

  StoreResources resources_{1 << 20};
};

TEST_P(FormatFixtureTest, EveryValueOfEveryTypeIsStillRead) {
  const auto version = Open("full");
  ASSERT_NE(version, nullptr);
  ASSERT_EQ(version->schema(), FixtureSchema());
  const std::vector<FixtureRow> rows = FixtureRows();
  std::vector<std::string> keys;
  for (const FixtureRow& row : rows) {
    keys.push_back(*EncodeKey(version->schema().key(), row.key));
  }

  const auto found = LookUp(*version, keys);
  for (size_t i = 0; i < rows.size(); ++i) {
    ASSERT_EQ(found[i].state, RowBatch::State::kFound) << "row " << i;
    const auto row = RowView::Parse(version->schema(), found[i].row);
    ASSERT_TRUE(row.ok()) << row.status();
    EXPECT_EQ(row->event_time_micros(), rows[i].event_time_micros);
    for (size_t c = 0; c < rows[i].values.size(); ++c) {
      EXPECT_EQ(*row->Get(c), rows[i].values[c]) << "row " << i << ", " << c;
    }
  }
}

TEST_P(FormatFixtureTest, TheManifestAndAllSumsStillAgree) {
  const auto version = Open("full");
  ASSERT_NE(version, nullptr);

  EXPECT_EQ(version->manifest().version, 7);
  EXPECT_EQ(version->manifest().generation, 2);
  EXPECT_EQ(version->manifest().rows,
            static_cast<int64_t>(FixtureRows().size()));
  EXPECT_EQ(version->manifest().as_of_micros, 1'380'000'000'000'059);
  const absl::Status status = version->Verify([] { return true; });
  EXPECT_TRUE(status.ok()) << status;
}

TEST_P(FormatFixtureTest, AVersionWithoutRowsIsStillRead) {
  const auto version = Open("empty");
  ASSERT_NE(version, nullptr);

  EXPECT_EQ(version->manifest().rows, 0);
  EXPECT_TRUE(version->Verify([] { return true; }).ok());
}

INSTANTIATE_TEST_SUITE_P(Formats, FormatFixtureTest,
                         testing::ValuesIn(kFormats));

// Over "full": its first row deleted, its second with the time of the first.
TEST(FormatFixtureLayersTest, AVersionLaidOverAnotherIsStillRead) {
  const std::string dir = std::string(FRESHET_FIXTURES) + "/format-2/";
  VersionChain chain;
  for (const char* name : {"over", "full"}) {
    const auto manifest = ReadManifest(dir + name);
    ASSERT_TRUE(manifest.ok()) << manifest.status();
    chain.layers.push_back({dir + name, *manifest});
  }
  StoreResources resources(1 << 20);
  const auto version = Version::Open(chain, resources);
  ASSERT_TRUE(version.ok()) << version.status();
  const std::vector<FixtureRow> rows = FixtureRows();
  const auto key = [&](size_t i) {
    return *EncodeKey((*version)->schema().key(), rows[i].key);
  };

  const auto found = LookUp(**version, {key(0), key(1), key(2)});

  EXPECT_EQ(found[0].state, RowBatch::State::kDeleted);
  ASSERT_EQ(found[1].state, RowBatch::State::kFound);
  EXPECT_EQ(
      RowView::Parse((*version)->schema(), found[1].row)->event_time_micros(),
      rows[0].event_time_micros);
  EXPECT_EQ(found[2].state, RowBatch::State::kFound);
  EXPECT_EQ((*version)->manifest().live_rows,
            static_cast<int64_t>(rows.size()) - 1);
  const absl::Status whole = (*version)->Verify([] { return true; });
  EXPECT_TRUE(whole.ok()) << whole;
}

TEST(FormatFixtureListTest, TheFormatThatIsWrittenHasAFixture) {
  EXPECT_EQ(kFormats[std::size(kFormats) - 1], kManifestFormat);
}

}  // namespace
}  // namespace freshet
