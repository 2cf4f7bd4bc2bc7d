// SPDX-License-Identifier: Apache-2.0
// Each hostile file ends its load with a reason, within the limits of the
// process, and without a crash.
#include "tests/loader/hostile_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/file.h"
#include "tests/loader/load_kit.h"
#include "tests/loader/loader_run.h"
#include "tests/loader/parquet_forgery.h"

namespace freshet {
namespace {

using testing::HasSubstr;

constexpr int64_t kMemoryMax = 800 << 20;

// The promise of docs/snapshots.md, which is stricter than the limit.
void ExpectWithinTheBound([[maybe_unused]] const LoadProgress& last,
                          [[maybe_unused]] const LoadSpec& spec) {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LE(last.rss_bytes, spec.sort_buffer_bytes + (300 << 20));
#endif
}

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
  ExpectWithinTheBound(all.back(), kit.spec());
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

// 300 rows, each with another field name of a megabyte that nobody wants: read
// and forgotten, unless a load keeps what a file says.
TEST(LongFieldNamesTest, AreSkippedInBoundedMemory) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer's own memory would be measured";
#endif
  LoadKit kit({{"id", "int64"}}, {});
  kit.spec().source.timestamp_field.clear();
  std::ofstream file(kit.File("f.jsonl"), std::ios::binary);
  const std::string name(1'200'000, 'n');
  for (int i = 0; i < 300; ++i) {
    file << "{\"id\":" << i << ",\"" << name << i << "\":1}\n";
  }
  file.close();
  ASSERT_TRUE(MakeDir(kit.spec().building_dir).ok());

  LoaderRun run(kit.spec());
  const std::vector<LoadProgress> all = run.ReadAll();

  EXPECT_EQ(run.Wait(), 0);
  ExpectWithinTheBound(all.back(), kit.spec());
  EXPECT_EQ(all.back().rows, 300);
}

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
