// SPDX-License-Identifier: Apache-2.0
// Random versions, several open at once over one small cache, against
// std::map.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/fakes/temp_dir.h"
#include "tests/storage/build_version.h"

namespace freshet {
namespace {

using State = RowBatch::State;

constexpr int kVersions = 6;
constexpr int kSteps = 400;

class ModelTest : public testing::Test {
 protected:
  struct Subject {
    Rows rows;  // The model.
    Manifest manifest;
    std::string dir;
    std::unique_ptr<Version> version;
    RowBatch batch;
  };

  std::string RandomKey() {
    // Few letters and lengths, so that neighbours, prefixes and hits are
    // common.
    static constexpr std::string_view kLetters(
        "\0\x01"
        "ab\xff",
        5);
    std::string key;
    for (size_t n = random_() % 7; n > 0; --n) key += kLetters[random_() % 5];
    return key;
  }

  Rows RandomRows() {
    static constexpr int64_t kCounts[] = {0, 1, 50, 2000};
    Rows rows;
    for (int64_t i = kCounts[random_() % 4]; i > 0; --i) {
      const size_t text = random_() % 50 == 0 ? 20000 : random_() % 60;
      rows[RandomKey()] = TestRow(static_cast<int64_t>(random_() >> 1), text);
    }
    return rows;
  }

  void Build(int id, Subject& subject) {
    static constexpr int64_t kFileBytes[] = {1, 8 << 10, 64 << 10, 256 << 20};
    static constexpr int64_t kBlockBytes[] = {64, 1024, 4096, 32 << 10};
    subject.rows = RandomRows();
    subject.dir = fmt::format("{}/v{}", temp_.path(), id);
    const auto manifest =
        BuildVersion(subject.dir, subject.rows,
                     {.file_bytes = kFileBytes[1 + random_() % 3],
                      .block_bytes = kBlockBytes[random_() % 4]});
    ASSERT_TRUE(manifest.ok()) << manifest.status();
    subject.manifest = *manifest;
    Reopen(subject);
  }

  void Reopen(Subject& subject) {
    subject.batch.Reset(0);
    auto version = Version::Open(subject.dir, subject.manifest, resources_);
    ASSERT_TRUE(version.ok()) << version.status();
    subject.version = *std::move(version);
  }

  // Present keys, absent keys and repeated ones.
  std::vector<std::string> RandomKeys(const Subject& subject) {
    std::vector<std::string> keys(random_() % 40);
    for (std::string& key : keys) {
      key = RandomKey();
      const auto near = subject.rows.lower_bound(key);
      if (random_() % 2 == 0 && near != subject.rows.end()) key = near->first;
    }
    return keys;
  }

  void CheckLookup(Subject& subject) {
    const auto keys = RandomKeys(subject);
    const std::vector<std::string_view> views(keys.begin(), keys.end());
    subject.version->LookupCached(views, subject.batch);
    CheckBatch(subject, keys, /*after_disk=*/false);
    subject.version->LookupDisk(views, subject.batch);
    CheckBatch(subject, keys, /*after_disk=*/true);
  }

  void CheckBatch(const Subject& subject, const std::vector<std::string>& keys,
                  bool after_disk) {
    ASSERT_EQ(subject.batch.size(), keys.size());
    for (size_t i = 0; i < keys.size(); ++i) {
      const State state = subject.batch.state(i);
      if (state == State::kNeedsDisk && !after_disk) continue;
      const auto row = subject.rows.find(keys[i]);
      ASSERT_EQ(state,
                row == subject.rows.end() ? State::kNotFound : State::kFound);
      if (state == State::kNotFound) continue;
      ASSERT_EQ(subject.batch.row(i), row->second);
    }
  }

  void CheckScan(const Subject& subject) {
    Rows seen;
    const auto status =
        subject.version->Scan([&](std::string_view key, std::string_view row) {
          seen.emplace(key, row);
          return true;
        });
    ASSERT_TRUE(status.ok()) << status;
    ASSERT_EQ(seen, subject.rows);
  }

  const uint64_t seed_ = std::random_device()();
  std::mt19937_64 random_{seed_};
  TempDir temp_;
  StoreResources resources_{64 << 10};
};

TEST_F(ModelTest, RandomVersionsAnswerLikeAMap) {
  SCOPED_TRACE(testing::Message() << "seed " << seed_);
  std::vector<Subject> subjects(kVersions);
  for (int i = 0; i < kVersions; ++i) {
    ASSERT_NO_FATAL_FAILURE(Build(i, subjects[static_cast<size_t>(i)]));
  }
  for (int step = 0; step < kSteps; ++step) {
    Subject& subject = subjects[random_() % subjects.size()];
    switch (random_() % 20) {
      case 0:
        ASSERT_NO_FATAL_FAILURE(Reopen(subject));
        break;
      case 1:
        ASSERT_NO_FATAL_FAILURE(CheckScan(subject));
        break;
      case 2:
        ASSERT_TRUE(subject.version->Warm().ok());
        break;
      default:
        ASSERT_NO_FATAL_FAILURE(CheckLookup(subject));
    }
  }
  for (const Subject& subject : subjects) {
    const auto status = subject.version->Verify([] { return true; });
    EXPECT_TRUE(status.ok()) << status;
  }
}

}  // namespace
}  // namespace freshet
