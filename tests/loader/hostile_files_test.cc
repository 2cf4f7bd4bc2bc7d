// SPDX-License-Identifier: Apache-2.0
// Each hostile file ends its load with a reason, within the limits of the
// process, and without a crash.
#include "tests/loader/hostile_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "tests/loader/load_kit.h"
#include "tests/loader/loader_run.h"
#include "tests/loader/parquet_forgery.h"

namespace freshet {
namespace {

using testing::HasSubstr;

constexpr int64_t kMemoryMax = 800 << 20;

class HostileFilesTest : public testing::TestWithParam<HostileFile> {};

TEST_P(HostileFilesTest, IsRefusedWithAReason) {
  LoadKit kit({{"id", "string"}}, {});
  kit.spec().source.timestamp_field.clear();
  kit.spec().memory_max_bytes = kMemoryMax;
  kit.spec().cpu_max_s = 60;
  kit.Write(GetParam().name, GetParam().make());
  ASSERT_TRUE(MakeDir(kit.spec().building_dir).ok());

  LoaderRun run(kit.spec());
  const std::vector<LoadProgress> all = run.ReadAll();

  EXPECT_EQ(run.Wait(), 1);
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(all.back().phase, LoadPhase::kFailed);
  const std::string reason(all.back().error.message());
  EXPECT_THAT(reason, HasSubstr("file '" + GetParam().name + "'"));
  EXPECT_LT(all.back().rss_bytes, kMemoryMax);
  EXPECT_FALSE(PathExists(kit.spec().building_dir + "/MANIFEST.freshet"));
  RecordProperty("reason", reason);
}

std::string NameOf(const testing::TestParamInfo<HostileFile>& file) {
  return file.param.what;
}

INSTANTIATE_TEST_SUITE_P(Text, HostileFilesTest,
                         testing::ValuesIn(HostileText()), NameOf);
INSTANTIATE_TEST_SUITE_P(Footer, HostileFilesTest,
                         testing::ValuesIn(HostileFooters()), NameOf);
INSTANTIATE_TEST_SUITE_P(Page, HostileFilesTest,
                         testing::ValuesIn(HostilePages()), NameOf);
INSTANTIATE_TEST_SUITE_P(Arrow, HostileFilesTest,
                         testing::ValuesIn(HostileArrow()), NameOf);

// Without this the refusals above could have any cause.
TEST(ForgeryTest, WithoutALieTheForgedFileIsLoaded) {
  LoadKit kit({{"id", "string"}}, {});
  kit.spec().source.timestamp_field.clear();
  kit.Write("f.parquet", ParquetForgery().Bytes());
  ASSERT_EQ(kit.Load(), absl::OkStatus());
  EXPECT_EQ(kit.Rows().size(), 2u);

  ParquetForgery coded;
  coded.dictionary = std::string("\1\0\0\0a", 5);
  coded.encoding = 8;
  coded.page = std::string("\x08\x04\x00", 3);
  kit.Write("f.parquet", coded.Bytes());
  EXPECT_THAT(std::string(kit.Load().message()),
              HasSubstr("1 keys occur more than once, in 2 rows"));
}

}  // namespace
}  // namespace freshet
