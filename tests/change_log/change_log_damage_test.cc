// SPDX-License-Identifier: Apache-2.0
// Whatever is done to one file of a change log, what was acknowledged is read
// whole, or the log is refused: never is less there in silence.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "base/file.h"
#include "storage/change_log/change_log.h"
#include "tests/fakes/temp_dir.h"

namespace freshet {
namespace {

using Records = std::vector<std::string>;

class ChangeLogDamageTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto log = ChangeLog::Open(good_, kSettings);
    ASSERT_TRUE(log.ok()) << log.status();
    std::mt19937_64 random(20'130'310);
    for (int batch = 0; batch < 8; ++batch) {
      std::vector<std::string> records;
      for (int i = 0; i < 2; ++i) {
        records.emplace_back(10 + random() % 20, static_cast<char>(random()));
      }
      const std::vector<std::string_view> views(records.begin(), records.end());
      ASSERT_TRUE((*log)->Append(views).ok());
      wanted_.insert(wanted_.end(), records.begin(), records.end());
    }
    ASSERT_TRUE((*log)->Trim(6).ok());
    first_ = (*log)->first();
    ASSERT_GT(first_, 1U);
  }

  // Whether the damage was noticed. That it is either noticed or without any
  // loss is checked here.
  bool Notices(const std::function<void(const std::string& dir)>& damage) {
    const std::string dir = dir_.path() + "/damaged";
    std::filesystem::remove_all(dir);
    std::filesystem::copy(good_, dir);
    damage(dir);
    const auto log = ChangeLog::Open(dir, kSettings);
    if (!log.ok()) return true;
    Records records;
    const absl::Status status =
        (*log)->Read(first_, [&](uint64_t, std::string_view record) {
          records.emplace_back(record);
          return true;
        });
    if (!status.ok()) return true;
    EXPECT_EQ(records,
              Records(wanted_.begin() + static_cast<int64_t>(first_) - 1,
                      wanted_.end()));
    return false;
  }

  std::vector<std::string> Files() { return *ListDir(good_); }

  static constexpr ChangeLog::Settings kSettings{.segment_bytes = 150};

  TempDir dir_;
  std::string good_ = dir_.path() + "/good";
  Records wanted_;
  uint64_t first_ = 1;
};

TEST_F(ChangeLogDamageTest, OneBitAnywhere) {
  for (const std::string& file : Files()) {
    const auto size = std::filesystem::file_size(good_ + "/" + file);
    size_t noticed = 0;
    size_t flips = 0;
    for (size_t at = 0; at < size; ++at) {
      // What lies between the two copies is never read.
      if (file == "acknowledged" && at > 40 && at < 4'096) continue;
      ++flips;
      noticed += Notices([&](const std::string& dir) {
        std::fstream bytes(dir + "/" + file,
                           std::ios::in | std::ios::out | std::ios::binary);
        bytes.seekg(static_cast<int64_t>(at));
        const int byte = bytes.get();
        bytes.seekp(static_cast<int64_t>(at));
        bytes.put(static_cast<char>(byte ^ (1 << (at % 8))));
      });
    }
    // One good copy says enough.
    EXPECT_EQ(noticed, file == "acknowledged" ? 0 : flips) << file;
  }
}

TEST_F(ChangeLogDamageTest, AFileCutAnywhere) {
  for (const std::string& file : Files()) {
    const auto size = std::filesystem::file_size(good_ + "/" + file);
    for (size_t length = 0; length < size; ++length) {
      if (file == "acknowledged" && length > 40 && length < 4'090) continue;
      const bool noticed = Notices([&](const std::string& dir) {
        std::filesystem::resize_file(dir + "/" + file, length);
      });
      EXPECT_TRUE(noticed || file == "acknowledged") << file << " " << length;
    }
  }
}

TEST_F(ChangeLogDamageTest, AFileDeleted) {
  for (const std::string& file : Files()) {
    EXPECT_TRUE(Notices([&](const std::string& dir) {
      std::filesystem::remove(dir + "/" + file);
    })) << file;
  }
}

TEST_F(ChangeLogDamageTest, EverySegmentDeleted) {
  EXPECT_TRUE(Notices([&](const std::string& dir) {
    for (const std::string& file : Files()) {
      if (file != "acknowledged") std::filesystem::remove(dir + "/" + file);
    }
  }));
}

TEST_F(ChangeLogDamageTest, BothCopiesOfWhatWasAcknowledged) {
  EXPECT_TRUE(Notices([&](const std::string& dir) {
    ASSERT_TRUE(
        WriteFileSynced(dir + "/acknowledged", std::string(8'192, '\0')).ok());
  }));
}

TEST_F(ChangeLogDamageTest, ASegmentInThePlaceOfAnother) {
  const std::vector<std::string> files = Files();
  for (size_t i = 0; i < files.size(); ++i) {
    for (size_t j = 0; j < files.size(); ++j) {
      if (i == j || files[i] == "acknowledged" || files[j] == "acknowledged") {
        continue;
      }
      EXPECT_TRUE(Notices([&](const std::string& dir) {
        std::filesystem::copy_file(
            good_ + "/" + files[i], dir + "/" + files[j],
            std::filesystem::copy_options::overwrite_existing);
      })) << files[i]
          << " as " << files[j];
    }
  }
}

}  // namespace
}  // namespace freshet
