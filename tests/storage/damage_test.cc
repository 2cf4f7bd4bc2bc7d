// SPDX-License-Identifier: Apache-2.0
// Damages each kind of file of a version and reads every key back. What is
// promised: no wrong value and no key silently missing. Either opening refuses,
// or what is hurt says so for each key.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>

#include "base/check.h"
#include "base/file.h"
#include "tests/fakes/temp_dir.h"
#include "tests/storage/build_version.h"

namespace freshet {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using State = RowBatch::State;

constexpr int kFlipsPerFile = 40;

struct Damage {
  std::string name;
  std::function<void(const std::string& path)> apply;
};

void Overwrite(const std::string& path, const std::string& bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << bytes;
  CHECK(out.good());
}

Damage FlipOfBit(uint64_t bit) {
  return {fmt::format("flip of bit {}", bit), [bit](const std::string& path) {
            std::string bytes = *ReadFile(path);
            bytes[bit / 8] =
                static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
            Overwrite(path, bytes);
          }};
}

Damage TruncationTo(uint64_t size) {
  return {fmt::format("truncation to {}", size),
          [size](const std::string& path) { fs::resize_file(path, size); }};
}

std::vector<Damage> DamagesOf(uint64_t size, std::mt19937_64& random) {
  std::vector<Damage> damages = {
      {"deletion", [](const std::string& path) { fs::remove(path); }},
      {"growth by a byte",
       [](const std::string& path) {
         Overwrite(path, *ReadFile(path) + '\0');
       }},
      {"all zero",
       [size](const std::string& path) {
         Overwrite(path, std::string(size, '\0'));
       }},
      TruncationTo(0)};
  if (size == 0) return damages;
  damages.push_back(TruncationTo(size / 2));
  damages.push_back(TruncationTo(size - 1));
  // The ends of a table are its index and footer: hit them more often.
  for (int i = 0; i < kFlipsPerFile; ++i) {
    const uint64_t from =
        i % 2 == 0 ? 0 : size - std::min<uint64_t>(size, 2000);
    damages.push_back(FlipOfBit(from * 8 + random() % ((size - from) * 8)));
  }
  return damages;
}

struct Tally {
  int refused = 0;
  int hurt = 0;      // Some keys said that they are corrupt.
  int harmless = 0;  // All keys right.
};

class DamageTest : public testing::Test {
 protected:
  void SetUp() override {
    rows_ = TestRows(4000, 30);
    keys_ = KeysOf(rows_);
    for (int i = 0; i < 200; ++i) absent_.push_back(fmt::format("k{:06}x", i));
    auto manifest = BuildVersion(whole_, rows_, {.file_bytes = 64 << 10});
    ASSERT_TRUE(manifest.ok()) << manifest.status();
    manifest_ = *manifest;
  }

  // A damaged copy of the version.
  std::string CopyWith(const std::string& file, const Damage& damage) {
    std::string dir = temp_.path() + "/damaged";
    fs::remove_all(dir);
    fs::copy(whole_, dir, fs::copy_options::recursive);
    damage.apply(dir + "/" + file);
    return dir;
  }

  // Reads all keys of what opens, and counts how it ended.
  void Judge(const std::string& dir, Tally& tally) {
    StoreResources resources(1 << 20);
    const auto version = Version::Open(dir, manifest_, resources);
    if (!version.ok()) {
      EXPECT_THAT(version.status().ToString(), HasSubstr(dir));
      ++tally.refused;
      return;
    }
    int64_t corrupt = 0;
    const auto found = LookUp(**version, keys_);
    for (size_t i = 0; i < keys_.size(); ++i) {
      if (found[i].state == State::kCorrupt) {
        ++corrupt;
        continue;
      }
      ASSERT_EQ(found[i].state, State::kFound) << keys_[i];
      ASSERT_EQ(found[i].row, rows_.at(keys_[i]));
    }
    for (const Found& f : LookUp(**version, absent_)) {
      ASSERT_NE(f.state, State::kFound);
      corrupt += f.state == State::kCorrupt ? 1 : 0;
    }
    EXPECT_EQ(resources.stats().corruptions, corrupt);
    EXPECT_EQ((*version)->stats().corrupt_reads, corrupt);
    ++(corrupt > 0 ? tally.hurt : tally.harmless);
  }

  Tally DamageFile(const std::string& file) {
    const uint64_t seed = std::random_device()();
    std::mt19937_64 random(seed);
    Tally tally;
    for (const Damage& damage :
         DamagesOf(fs::file_size(whole_ + "/" + file), random)) {
      SCOPED_TRACE(fmt::format("{}: {}, seed {}", file, damage.name, seed));
      Judge(CopyWith(file, damage), tally);
    }
    fmt::print("{}: refused {}, hurt {}, harmless {} (seed {})\n", file,
               tally.refused, tally.hurt, tally.harmless, seed);
    return tally;
  }

  std::vector<std::string> FilesNamed(std::string_view part) {
    std::vector<std::string> names = *ListDir(whole_);
    std::erase_if(names, [part](const std::string& name) {
      return name.find(part) == std::string::npos;
    });
    return names;
  }

  TempDir temp_;
  std::string whole_ = temp_.path() + "/v1";
  Manifest manifest_;
  Rows rows_;
  std::vector<std::string> keys_;
  std::vector<std::string> absent_;
};

TEST_F(DamageTest, OfATableNeverGivesAWrongOrMissingRow) {
  const auto tables = FilesNamed(".sst");
  ASSERT_GE(tables.size(), 2u);
  for (const std::string& table : {tables.front(), tables.back()}) {
    const Tally tally = DamageFile(table);
    // Both ways of noticing are met.
    EXPECT_GT(tally.refused, 0);
    EXPECT_GT(tally.hurt, 0);
    EXPECT_EQ(tally.harmless, 0);
  }
}

// RocksDB parses this block before its checksum: without the tail's sum one
// such flip in eight aborts the process.
TEST_F(DamageTest, OfATablesPropertiesIsRefusedBeforeRocksDbReadsThem) {
  const std::string table = FilesNamed(".sst")[0];
  const std::string bytes = *ReadFile(whole_ + "/" + table);
  const size_t properties = bytes.rfind("rocksdb.block.based.table.index.type");
  ASSERT_NE(properties, std::string::npos);
  Tally tally;
  for (size_t byte = properties; byte + 1 < bytes.size(); byte += 7) {
    Judge(CopyWith(table, FlipOfBit(byte * 8 + byte % 8)), tally);
  }

  EXPECT_GT(tally.refused, 100);
  EXPECT_EQ(tally.hurt + tally.harmless, 0);
}

TEST_F(DamageTest, OfRocksDbsManifestIsAlwaysRefused) {
  const auto manifests = FilesNamed("MANIFEST-");
  ASSERT_EQ(manifests.size(), 1u);
  const Tally tally = DamageFile(manifests[0]);

  EXPECT_EQ(tally.hurt + tally.harmless, 0);
}

TEST_F(DamageTest, OfCurrentIsAlwaysRefused) {
  const Tally tally = DamageFile("CURRENT");

  EXPECT_EQ(tally.hurt + tally.harmless, 0);
}

TEST_F(DamageTest, OfOurManifestIsAlwaysRefused) {
  const Tally tally = DamageFile(std::string(kManifestName));

  EXPECT_EQ(tally.hurt + tally.harmless, 0);
}

TEST_F(DamageTest, OfTheLockIsHarmless) {
  const Tally tally = DamageFile("LOCK");

  EXPECT_EQ(tally.refused + tally.hurt, 0);
}

TEST_F(DamageTest, NoOtherKindOfFileIsThere) {
  size_t known = 2;  // CURRENT and LOCK.
  for (const char* part : {".sst", "MANIFEST"}) {
    known += FilesNamed(part).size();
  }
  EXPECT_EQ(ListDir(whole_)->size(), known);
}

TEST_F(DamageTest, OfOneBlockHurtsOnlyItsKeysAlsoWhileTheVersionIsOpen) {
  StoreResources resources(1 << 20);
  const auto version = Version::Open(whole_, manifest_, resources);
  ASSERT_TRUE(version.ok()) << version.status();
  // In the first data block of the first table, in place.
  std::fstream file(whole_ + "/" + FilesNamed(".sst")[0],
                    std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(100);
  file.write("\xde\xad\xbe\xef", 4);
  file.close();

  size_t corrupt = 0;
  for (const Found& f : LookUp(**version, keys_)) {
    corrupt += f.state == State::kCorrupt ? 1 : 0;
  }
  EXPECT_GT(corrupt, 0u);
  EXPECT_LT(corrupt, 200u);  // Rows of 4 KiB, not of a table.
  EXPECT_EQ((*version)->Verify([] { return true; }).code(),
            absl::StatusCode::kDataLoss);
}

// What RocksDB itself does not notice: an older, shorter MANIFEST that is
// whole.
TEST_F(DamageTest, AnotherVersionsFilesAreRefusedThoughTheyAreWhole) {
  const std::string other = temp_.path() + "/v2";
  Rows fewer = rows_;
  fewer.erase("k000007");
  ASSERT_TRUE(BuildVersion(other, fewer, {.file_bytes = 64 << 10}).ok());
  fs::copy_file(whole_ + "/" + std::string(kManifestName),
                other + "/" + std::string(kManifestName),
                fs::copy_options::overwrite_existing);

  StoreResources resources(1 << 20);
  EXPECT_EQ(Version::Open(other, manifest_, resources).status().code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace freshet
